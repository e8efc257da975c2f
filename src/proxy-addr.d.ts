declare module 'proxy-addr' {
  const proxyaddr: {
    /** Throws a TypeError for anything but addresses, ranges and the names of ranges. */
    compile(trusted: string[]): (address: string) => boolean
  }
  export default proxyaddr
}
