import type {Request} from 'express'

type TrustsAddress = (address: string | undefined, hop: number) => boolean

/** Whether the `X-Forwarded-*` headers come from a proxy of `SHOP_TRUST_PROXY`. */
export function trustsProxy({app, socket}: Request): boolean {
  return (app.get('trust proxy fn') as TrustsAddress)(socket.remoteAddress, 0)
}
