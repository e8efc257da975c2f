import {spawn} from 'node:child_process'
import {once} from 'node:events'

type Desktop = {
  platform: NodeJS.Platform
  /** Whether there is a screen to open a browser on; only asked where that is not a matter of course. */
  hasDisplay: boolean
  find: (program: string) => Promise<string | undefined>
}

/** Opens an address in the user's browser. Returns whether that was possible. */
export async function openInBrowser(url: string, {platform, hasDisplay, find}: Desktop): Promise<boolean> {
  if (platform === 'win32') return succeeds('explorer.exe', [url])
  if (platform !== 'darwin' && !hasDisplay) return false
  const program = await find(platform === 'darwin' ? 'open' : 'xdg-open')
  return program !== undefined && succeeds(program, [url])
}

/** The program starts the browser and ends at once. */
async function succeeds(program: string, args: string[]): Promise<boolean> {
  try {
    const child = spawn(program, args, {stdio: 'ignore'})
    const [code] = (await once(child, 'exit')) as [number | null]
    return code === 0
  } catch {
    // It could not be started.
    return false
  }
}
