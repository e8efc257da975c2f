/** What has its place in a list. Throws where nothing has. */
export function at<T>(list: T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`Nothing is at ${index} in a list of ${list.length}.`)
  return item
}
