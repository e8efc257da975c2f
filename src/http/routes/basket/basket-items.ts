import type {OrderCaller} from '../../auth/order-caller.ts'
import {objectField, parseBody} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource, type Resource} from '../../resource.ts'
import {createItemsReader, itemsField, itemsForm, readItems} from '../orders/order-body.ts'
import {idempotencyKey, idempotentReplayed, readIdempotencyKey} from '../parameters.ts'
import {basketAnswer, exampleBasket, IfMatch} from './basket-answer.ts'
import {changeBasket, fillProblems} from './change-basket.ts'

const header = IfMatch.extend(
  idempotencyKey({
    description:
      'An addition that is sent several times with the same key is made only once; each answer is the basket as it is by ' +
      'then. Use a new key, such as a UUID, for each addition.',
    example: 'b1f7c1de-2a0b-4a39-8f0e-6d5c1f0a7e55',
  }).shape,
)

const addItems: Omit<Operation, 'body'> = {
  operationId: 'addBasketItems',
  tag: 'Basket',
  summary: 'Add products to the basket',
  description:
    'Adds to the quantities that are in the basket: all of the items, or none if one of them cannot be added. Their ' +
    'stock is held for this basket, so that nobody else can buy it until `held_until`.',
  security: 'required',
  parameters: {header},
  answers: {
    200: basketAnswer(
      'The basket afterwards.',
      {'two breads': exampleBasket},
      idempotentReplayed('Present if an earlier request with the same Idempotency-Key made the addition.'),
    ),
  },
  problems: [...fillProblems, 'idempotency_key_reused', 'invalid_idempotency_key', 'invalid_order'],
}

/** `orderItems` is the most items that an order may have. */
export function basketItems({orderItems}: {orderItems: number}): Resource {
  const fields = objectField({items: itemsField(orderItems)}).meta({id: 'NewBasketItems'})
  const readBody = createItemsReader(orderItems)
  const examples = {
    'two breads': {
      json: {items: [{product_id: 6, quantity: 2}]},
      form: {'items[0]product_id': '6', 'items[0]quantity': '2'},
    },
  }

  return defineResource({
    path: '/basket/items/',
    name: 'Basket Items',
    operations: {POST: {...addItems, body: {json: fields, form: itemsForm, examples}}},
    handle: (context) => ({
      enter: async (request) => context.callers.enter(request, ['POST']),
      methods: {
        async POST(request, response, caller: OrderCaller) {
          await changeBasket(context, {request, response, caller}, async () => {
            const body = await readBody(request, response)
            const {items} = parseBody(fields, body.kind === 'json' ? body.value : {items: readItems(body.fields)})
            return {
              change: {
                kind: 'add',
                items: items.map(({product_id, quantity}) => ({productId: product_id, quantity})),
              },
              maxItems: orderItems,
              ...readIdempotencyKey(request),
            }
          })
        },
      },
    }),
  })
}
