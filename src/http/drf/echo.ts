import {shorten} from '../../text.ts'

/** The part of a value that a message may repeat: a client knows what it sent, and the message must stay short. */
export function echo(text: string): string {
  return shorten(text, 100)
}
