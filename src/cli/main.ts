#!/usr/bin/env node
import { nodeIsSupported, oldestNode, programVersion } from './version.js'

const words = process.argv.slice(2)

// Only this much is loaded before the check: an older Node.js cannot even link the rest.
if (words.length === 1 && ['-v', '--version'].includes(words[0]!)) {
  process.stdout.write(`${programVersion}\n`)
} else if (nodeIsSupported()) {
  const { run } = await import('./program.js')
  process.exit(await run(words))
} else {
  const found = process.versions.node
  process.stderr.write(`holdfast: needs Node.js ${oldestNode} or newer; this is ${found}.\n`)
  process.exit(1)
}
