import {integerField, integerInput, listField, objectField} from '../../drf/fields.ts'
import {parseHtmlList} from '../../drf/html-list.ts'
import {currencyField, currencyInput, decimalField, decimalText} from '../../drf/money-fields.ts'
import type {FormSchema, RequestBody} from '../../openapi/operation.ts'

const Item = objectField({
  product_id: integerField().meta({
    description: 'The id of a product that can be ordered. Each product may appear only once.',
  }),
  quantity: integerField().meta({override: integerInput({minimum: 1}), description: 'At least 1.'}),
})

export const OrderBody = objectField({
  items: listField(Item).meta({description: 'At least one item.'}),
  currency: currencyField()
    .meta({description: 'The currency of the order. The default is the currency of the shop.'})
    .optional(),
  expected_total: decimalField()
    .meta({
      description:
        'The total that the buyer expects, in the currency of the order and with no more decimals than it has. The ' +
        'order is refused if the actual total differs.',
    })
    .optional(),
}).meta({id: 'NewOrder'})

/** HTML forms name the items by position: `items[0]product_id=6`. */
const OrderForm: FormSchema = {
  type: 'object',
  description:
    'The items by position: `items[0]product_id` and `items[0]quantity`, `items[1]product_id` and so on. At least ' +
    'one item is required, and every item needs both fields.',
  properties: {
    // An empty field counts as a missing one.
    currency: {anyOf: [currencyInput, {const: ''}]},
    expected_total: {anyOf: [decimalText, {const: ''}]},
  },
  patternProperties: {
    [String.raw`^items\[\d+\]product_id$`]: integerInput(),
    [String.raw`^items\[\d+\]quantity$`]: integerInput({minimum: 1}),
  },
  minProperties: 1,
}

export const orderBody: RequestBody = {
  json: OrderBody,
  form: OrderForm,
  examples: {
    'one bread': {
      json: {items: [{product_id: 6, quantity: 1}]},
      form: {'items[0]product_id': '6', 'items[0]quantity': '1'},
    },
    'with an expected total': {
      json: {items: [{product_id: 6, quantity: 1}], currency: 'USD', expected_total: '4.25'},
      form: {'items[0]product_id': '6', 'items[0]quantity': '1', currency: 'USD', expected_total: '4.25'},
    },
  },
}

/** An empty field counts as a missing one. */
export function readOrderForm(fields: URLSearchParams): Record<string, unknown> {
  const read = (name: string) => (fields.get(name) === '' ? undefined : (fields.get(name) ?? undefined))
  return {items: parseHtmlList(fields, 'items'), currency: read('currency'), expected_total: read('expected_total')}
}
