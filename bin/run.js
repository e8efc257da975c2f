#!/usr/bin/env node
import {execute} from '@oclif/core/execute'
import {fileURLToPath} from 'node:url'

// oclif would look for plugins in SHOP_DATA_DIR, and run the code of whoever can write there.
await execute({loadOptions: {root: fileURLToPath(import.meta.url), userPlugins: false}})
