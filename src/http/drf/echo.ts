const maxLength = 100

/** The part of a value that a message may repeat: a client knows what it sent, and the message must stay short. */
export function echo(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}...`
}
