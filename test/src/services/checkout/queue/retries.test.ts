import test from 'ava'

import {chooseRetry, findReady, setAside} from '../../../../../src/services/checkout/queue/retries.ts'
import {productKey} from '../../../../../src/services/checkout/queue/waiting.ts'
import {checkout, setItem} from '../../../../helpers/baskets.ts'
import {setAsideOrder, waitingJob} from '../../../../helpers/waiting-jobs.ts'

test('a job is ready unless a lane or an earlier job has one of its products', (t) => {
  const [used, behind, ready] = [setAsideOrder([1, 2], [1]), setAsideOrder([2, 3], [3]), setAsideOrder([4], [4])]

  t.deepEqual(findReady([used, behind, ready], new Set([productKey(1)])), [ready])
  t.deepEqual(findReady([used, behind, ready], new Set()), [used, behind, ready])
})

test('jobs are tried together that may need the same locks, directly or by way of others', (t) => {
  const [first, other] = [setAsideOrder([1], [1]), setAsideOrder([4], [4])]
  const [last, between] = [setAsideOrder([3], [3]), setAsideOrder([1, 3], [1, 3])]

  t.deepEqual([...chooseRetry(first, [first, other, last, between], 10)], [first, last, between])
  t.deepEqual([...chooseRetry(first, [first, other, last, between], 2)], [first, last])
})

test('jobs of which no product is known to be locked are tried together', (t) => {
  const [first, second, other] = [setAsideOrder([1], []), setAsideOrder([2], []), setAsideOrder([3], [3])]

  t.deepEqual([...chooseRetry(first, [first, other, second], 10)], [first, second])
})

test('what a user asks for after a checkout is not tried with it', (t) => {
  const [ordered, next, others] = [checkout(1), setItem(1, 6, 1), setItem(2, 6, 1)].map((job) =>
    setAside(waitingJob(job), [], 0),
  )
  if (!ordered || !next || !others) throw new Error('A job is missing.')

  t.deepEqual([...chooseRetry(ordered, [ordered, next, others], 10)], [ordered, others])
})
