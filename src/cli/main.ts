#!/usr/bin/env node
import { nodeIsSupported, oldestNode } from './version.js'

// Only this much is loaded before the check: an older Node.js cannot even link the rest.
if (nodeIsSupported()) {
  const { run } = await import('./program.js')
  process.exit(await run(process.argv.slice(2)))
} else {
  const found = process.versions.node
  process.stderr.write(`holdfast: needs Node.js ${oldestNode} or newer; this is ${found}.\n`)
  process.exit(1)
}
