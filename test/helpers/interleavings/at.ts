/** The item at an index of a list. Throws if there is none. */
export function at<T>(list: T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`A list of ${list.length} has no item ${index}.`)
  return item
}
