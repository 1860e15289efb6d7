/** `npm run bench -- <name> …`: measures Holdfast beside what it is built on, and beside peers. */
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { benchFolder, buildHoldfast, installPeers } from './harness/prepare.mjs'

const names = [
  'append-postgres', 'append-sqlite', 'list-postgres', 'list-sqlite', 'list-depth-postgres',
  'list-depth-sqlite', 'append-http', 'auth-http',
  'queue-enqueue', 'queue-process', 'queue-latency', 'queue-backlog', 'queue-sqlite',
  'limiter', 'locks', 'lock-contention', 'audit-postgres', 'audit-sqlite',
  'stream-append-postgres', 'stream-append-sqlite',
  'checkpoint-postgres', 'checkpoint-sqlite', 'checkpoint-growth', 'floor-cycle',
  'floor-latency', 'step-append', 'step-depth-postgres', 'step-depth-sqlite', 'run-process',
  'transfer-copy',
]

const usage = `Usage: npm run bench -- <name> [options]

Benches: ${names.join(', ')}, or all

  --rounds <n>       rounds, the first one dropped (7)
  --slice-ms <n>     length of a slice (1000)
  --quick            3 rounds of 300 ms: does it run, not how fast
  --patience-ms <n>  waits so long before a slice for a quiet machine (20000; 0 with --quick)
  --callers <list>   calls in flight, for example 1,64
  --only <list>      these variants alone; keep the base, or there are no ratios
  --against <dist>   one more variant: Holdfast as built in another folder
  --dist <dist>      Holdfast as built here instead of ../dist
  --profile <name>   writes a CPU profile of this variant to bench/results
  --check            end with code 1 when a target is missed`

function numbered(text, fallback) {
  if (text === undefined) return fallback
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`${text} is not a whole number`)
  return number
}

const listed = (text) => text?.split(',')
const folderUrl = (path) => (path === undefined ? undefined : pathToFileURL(resolve(path)).href)

function optionsOf(argv) {
  const text = { type: 'string' }
  const flag = { type: 'boolean' }
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      'rounds': text, 'slice-ms': text, 'patience-ms': text, 'callers': text, 'only': text,
      'against': text, 'dist': text, 'profile': text, 'quick': flag, 'check': flag, 'help': flag,
    },
  })
  const [rounds, sliceMs, patienceMs] = values.quick ? [3, 300, 0] : [7, 1_000, 20_000]
  return {
    wanted: positionals.includes('all') ? names : positionals,
    help: values.help === true,
    check: values.check === true,
    rounds: numbered(values.rounds, rounds),
    sliceMs: numbered(values['slice-ms'], sliceMs),
    patienceMs: Number(values['patience-ms'] ?? patienceMs),
    callers: listed(values.callers)?.map((each) => numbered(each)),
    only: listed(values.only),
    against: folderUrl(values.against),
    ownBuild: values.dist === undefined,
    dist: folderUrl(values.dist ?? join(benchFolder, '..', 'dist')),
    profile: values.profile,
    profileFolder: join(benchFolder, 'results'),
    report: progress,
  }
}

function progress(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`)
}

async function main() {
  const options = optionsOf(process.argv.slice(2))
  const unknown = options.wanted.filter((name) => !names.includes(name))
  if (options.help || options.wanted.length === 0 || unknown.length > 0) {
    console.log(usage)
    return options.help ? 0 : 2
  }
  installPeers()
  if (options.ownBuild && !(await buildHoldfast())) return 1
  // Only now: these need the peers.
  const { judge, runBench } = await import('./harness/runner.mjs')
  const { printResult, saveResult } = await import('./harness/report.mjs')
  let missed = false
  for (const name of options.wanted) {
    const { default: bench } = await import(`./benches/${name}.mjs`)
    const result = await runBench(bench, options)
    const verdicts = judge(bench.targets, result)
    progress('')
    printResult(result, verdicts)
    console.log(`  Written to ${saveResult(options.profileFolder, { result, verdicts, options })}`)
    missed ||= verdicts.some(({ reached }) => reached !== true)
  }
  return options.check && missed ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
process.exitCode = await main()
