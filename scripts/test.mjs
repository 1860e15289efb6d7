/**
 * `npm test`: from a bare clone to tested. Installs and builds what is stale, finds or starts
 * PostgreSQL and Redis, checks the types, then runs vitest with the arguments given. What could
 * not run is said loudly, before and after.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { dropDatabases, findPostgres, findRedis, newRunId } from './databases.mjs'
import { prepare, requireNode, root, run } from './install.mjs'

const width = 78

/** One line on standard output, in step with what vitest writes there. */
const say = (line) => console.log(line)

requireNode()
process.exitCode = (await prepare()) ? await test(process.argv.slice(2)) : 1

/** The whole run; gives the exit code. */
async function test(args) {
  const stops = []
  try {
    const services = await findServices(stops)
    const missing = services.filter((service) => service.missing !== undefined)
    if (missing.length > 0) frame(missing.flatMap((service) => explained(service)))
    const types = await checkTypes()
    if (types.signal !== null) return interrupted(types.signal)
    const tests = await runTests(args, services)
    if (tests.signal !== null) return interrupted(tests.signal)
    return conclude({ types, tests, missing, partial: args.length > 0 })
  } catch (error) {
    say(error.message)
    return 1
  } finally {
    await Promise.all(stops.map((stop) => stop()))
  }
}

async function findServices(stops) {
  const found = []
  for (const [name, engine, variable, find] of [
    ['PostgreSQL', 'postgres', 'HOLDFAST_TEST_POSTGRES', findPostgres],
    ['Redis', 'redis', 'HOLDFAST_TEST_REDIS', findRedis],
  ]) {
    const service = { name, engine, variable, ...(await find()) }
    if (service.stop !== undefined) stops.push(service.stop)
    if (service.missing === undefined) say(`Testing on ${service.about}`)
    found.push(service)
  }
  return found
}

function explained({ name, missing, advice }, effect = 'what needs it will not run') {
  return [`${name}: ${missing}`, `  Effect: ${effect}.`, `  To have it: ${advice}.`]
}

/** A framed block that nobody scrolls past. */
function frame(lines) {
  const bar = '!'.repeat(width)
  const body = lines.flatMap((line) => wrapped(line)).map((line) => `!! ${line}`)
  say(['', bar, '!! NOT EVERYTHING IS TESTED', ...body, bar, ''].join('\n'))
}

function wrapped(line) {
  const indent = /^ */.exec(line)[0]
  const lines = [indent]
  for (const word of line.trim().split(/\s+/)) {
    const last = lines.at(-1)
    if (last.trim() === '' || last.length + word.length < width - 4) {
      lines[lines.length - 1] = last.trim() === '' ? last + word : `${last} ${word}`
    } else {
      lines.push(`${indent}  ${word}`)
    }
  }
  return lines
}

async function checkTypes() {
  say('Checking types ...')
  const notes = join(root, 'node_modules', '.holdfast-types')
  const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc')
  const args = [compiler, '--noEmit', '--incremental', '--tsBuildInfoFile', notes]
  return run(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** Runs vitest; gives how it ended and its own report, undefined if it wrote none. */
async function runTests(args, services) {
  const id = newRunId()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
  const file = join(folder, 'report.json')
  const chosen = args.some((arg) => arg.startsWith('--reporter'))
  const reporters = [
    ...(chosen ? [] : ['--reporter=default']), '--reporter=json',
    `--reporter=${join(root, 'scripts', 'stalled.mjs')}`,
  ]
  try {
    const { code, signal } = await run(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run',
        ...reporters, `--outputFile.json=${file}`, ...args,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], env: environment(id, services), group: true },
    )
    const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
    return { code, signal, report }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await sweep(id, services)
  }
}

/** What the tests see. The settings of a real Holdfast stay out, so that no test can reach it. */
function environment(id, services) {
  const foreign = /^(HOLDFAST_(?!TEST_)|DB_|REDIS_)/
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !foreign.test(name)),
  )
  env.HOLDFAST_TEST_RUN = id
  for (const { variable, url, missing } of services) {
    delete env[`${variable}_URL`]
    delete env[`${variable}_MISSING`]
    if (missing === undefined) env[`${variable}_URL`] = url
    else env[`${variable}_MISSING`] = missing
  }
  return env
}

/** Drops the databases of this run. */
async function sweep(id, services) {
  const { url } = services.find(({ engine }) => engine === 'postgres')
  if (url === undefined) return
  try {
    await dropDatabases(url, id)
  } catch (error) {
    say(`Databases of this run, holdfast_test_${id}_*, were not dropped: ${error.message}`)
  }
}

/** Says how it went; gives the exit code. */
function conclude({ types, tests, missing, partial }) {
  const { passed, failed, skipped, contracts } = counted(tests.report)
  for (const [why, count] of skipReasons(skipped)) say(`skipped ${count}: ${why}`)
  if (missing.length > 0) {
    frame(missing.flatMap((service) => explained(service, missed(service, skipped))))
  }
  const problems = []
  if (types.code !== 0) problems.push('the type check failed')
  if (failed > 0) problems.push(`${failed} failed`)
  else if (tests.code !== 0) problems.push(`vitest ended with code ${tests.code}`)
  if (passed + failed === 0) problems.push('no test ran')
  // With arguments only a part was asked for, which may well hold no contract.
  else if (contracts === 0 && !partial) problems.push('no contract test ran')
  if (problems.length > 0) say(`Failed: ${problems.join('; ')}.`)
  say(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
  return problems.length === 0 ? 0 : 1
}

/** The report in numbers. A file that fails outside its tests counts as one failure. */
function counted(report) {
  const files = report?.testResults ?? []
  const tests = files.flatMap((file) => file.assertionResults)
  const of = (status) => tests.filter((test) => test.status === status)
  const broken = files.filter(
    (file) => file.status === 'failed' && file.assertionResults.every(hasNotFailed),
  )
  const ran = [...of('passed'), ...of('failed')]
  return {
    passed: of('passed').length,
    failed: of('failed').length + broken.length,
    skipped: tests.filter((test) => !ran.includes(test)),
    contracts: ran.filter((test) => test.fullName.includes('[contract ')).length,
  }
}

function hasNotFailed(test) {
  return test.status !== 'failed'
}

/** Reasons with the number of tests each kept from running. */
function skipReasons(skipped) {
  const reasons = new Map()
  for (const test of skipped) {
    const why = reasonOf(test) ?? `no reason given: ${test.fullName.trim()}`
    reasons.set(why, (reasons.get(why) ?? 0) + 1)
  }
  return reasons
}

/** The reason a test carries, in its meta data or after "did not run:" in a title. */
function reasonOf({ meta, ancestorTitles, title }) {
  const told = [...ancestorTitles, title].map((text) => /did not run: (.+)$/.exec(text)?.[1])
  return meta?.skipReason ?? told.find(Boolean)
}

/** What did not run for want of a service. */
function missed({ name, engine, missing }, skipped) {
  const sign = `[contract ${engine}]`
  const tests = skipped.filter(
    (test) => test.fullName.includes(sign) || reasonOf(test)?.includes(missing),
  )
  const suites = new Set(tests.map(({ ancestorTitles, title }) => ancestorTitles[0] ?? title))
  if (tests.length === 0) return 'no test was skipped for it'
  return `${suites.size} contract suites (${tests.length} tests) did not run on ${name}`
}

function interrupted(signal) {
  say(`Interrupted by ${signal}.`)
  return 128 + (constants.signals[signal] ?? 0)
}
