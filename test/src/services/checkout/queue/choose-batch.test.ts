import test from 'ava'

import {chooseBatch} from '../../../../../src/services/checkout/queue/choose-batch.ts'
import {basketKey, productKey} from '../../../../../src/services/checkout/queue/waiting.ts'
import {checkout, setItem} from '../../../../helpers/baskets.ts'
import {setAsideOrder, waitingJob, waitingOrder} from '../../../../helpers/waiting-jobs.ts'

const options = {keysInUse: new Set<string>(), batchSize: 10, now: 0}

test('a job that must wait lets none of its products go to a later one', (t) => {
  const [first, second, third, other] = [waitingOrder(1, 2), waitingOrder(2, 3), waitingOrder(3), waitingOrder(4)]

  const choice = chooseBatch([first, second, third, other], [], {...options, keysInUse: new Set([productKey(1)])})

  t.deepEqual(choice, {batch: [other], joining: [], rest: [first, second, third]})
})

test('a batch has at most its size in jobs and a thousand items, or one job that has more', (t) => {
  const job = waitingOrder(1)
  const large = (weight: number) => ({...waitingOrder(1), weight})

  t.is(chooseBatch([job, job, job], [], {...options, batchSize: 2}).batch.length, 2)
  t.is(chooseBatch([large(600), large(400), job], [], options).batch.length, 2)
  t.is(chooseBatch([large(600), large(401)], [], options).batch.length, 1)
  t.is(chooseBatch([large(1001), job], [], options).batch.length, 1)
})

test('what a user asks for after a checkout waits for it', (t) => {
  const [ordered, next, other] = [waitingJob(checkout(1)), waitingJob(setItem(1, 6, 1)), waitingJob(setItem(2, 6, 1))]

  const {batch, rest} = chooseBatch([ordered, next, waitingOrder(7)], [], options)
  t.deepEqual([batch.length, rest], [2, [next]])
  t.deepEqual(chooseBatch([ordered, other], [], options).batch, [ordered, other])
})

test('a job that needs a locked product joins those that were set aside, and its basket is locked for later ones', (t) => {
  const change = waitingJob(setItem(1, 1, 1))
  const [later, other] = [waitingJob(setItem(1, 2, 1)), waitingOrder(2, 3)]

  const {batch, joining} = chooseBatch([change, later, other], [setAsideOrder([1, 2], [1])], options)

  t.deepEqual(batch, [other])
  t.deepEqual(
    joining.map(({job, lockedKeys}) => [job, lockedKeys]),
    [
      [change.job, [productKey(1), basketKey(1)]],
      [later.job, [basketKey(1)]],
    ],
  )
})

test('a job that is to be tried again keeps all its products, not only the locked one', (t) => {
  const order = waitingOrder(2)
  const aside = setAsideOrder([1, 2], [1], 1000)

  t.deepEqual(chooseBatch([order], [aside], {...options, now: 999}).batch, [order])
  t.deepEqual(chooseBatch([order], [aside], {...options, now: 1000}).rest, [order])
})
