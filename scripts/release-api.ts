import {writeFile} from 'node:fs/promises'

import {findUnannouncedBreaks} from './openapi/find-breaks.ts'
import {describeCurrentApi, readReleasedApi, releasedFile} from './openapi/read-document.ts'

// Stores the current API description as the released one, with which later ones are compared.

const current = describeCurrentApi()
const breaks = findUnannouncedBreaks(await readReleasedApi(), current)
if (breaks === undefined) await writeFile(releasedFile, `${JSON.stringify(current, null, 2)}\n`)
else {
  process.stderr.write(`${breaks}\n`)
  process.exitCode = 1
}
