import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineFacts } from './machine.mjs'

const columns = [
  'callers', 'variant', 'calls/s', 'ratio', 'min-max', 'p50 ms', 'p95 ms', 'p99 ms', 'cpu us/call',
  'server us/call', 'beside',
]

/** The result as a table, its targets below. */
export function printResult(result, verdicts) {
  const rows = result.points.flatMap(({ callers, rows }) => rows.map((row) => cells(callers, row)))
  const lines = [columns, ...rows]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)))
  const left = columns.indexOf('variant')
  console.log(`\n${result.bench} (ratio to ${result.base}, paired by round)`)
  for (const line of lines) {
    const padded = line.map((cell, index) =>
      index === left ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))
    console.log(`  ${padded.join('  ')}`)
  }
  for (const line of figureLines(result)) console.log(`  ${line}`)
  for (const { name, about } of result.about) console.log(`  ${name}: ${about}`)
  for (const { name, reason } of result.missing) console.log(`  ${name} could not run: ${reason}`)
  for (const note of result.notes) console.log(`  Note: ${note}`)
  for (const verdict of verdicts) console.log(`  ${verdictLine(verdict)}`)
}

function cells(callers, row) {
  const { ratios } = row
  const range = ratios.length === 0
    ? ''
    : `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`
  return [
    String(callers), row.name, Math.round(row.rate).toString(), fixed(row.ratio), range,
    fixed(row.p50), fixed(row.p95), fixed(row.p99), fixed(row.cpuMicroseconds, 1),
    fixed(row.serverMicroseconds, 1), `${Math.round(100 * row.busyBefore)}%`,
  ]
}

const fixed = (value, digits = 2) =>
  value === null || value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits)

function figureLines({ points }) {
  return points.flatMap(({ callers, rows }) => rows.flatMap(({ name, figures }) =>
    Object.entries(figures).map(
      ([figure, value]) => `${name} at ${callers} callers, ${figure}: ${fixed(value)}`)))
}

function verdictLine({ ratio, reached, ...target }) {
  const what = `${target.variant} ${wanted(target)} at ${target.at} callers`
  if (ratio === undefined) return `----  ${what}: not measured`
  return `${reached ? 'PASS' : 'MISS'}  ${what}: ${ratio.toFixed(2)}x`
}

function wanted({ base, figure, least, most, quantile = 'p95' }) {
  if (figure !== undefined) return `${figure} ${most === undefined ? `>= ${least}` : `<= ${most}`}`
  return most === undefined ? `>= ${least}x of ${base}` : `${quantile} <= ${most}x of ${base}`
}

/** Writes everything to `<folder>/<bench>-<date>.json`; its path. */
export function saveResult(folder, { result, verdicts, options }) {
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const path = join(folder, `${result.bench}-${at.slice(0, 19).replaceAll(':', '')}.json`)
  const { rounds, sliceMs } = options
  const whole = { at, rounds, sliceMs, machine: machineFacts(), ...result, targets: verdicts }
  writeFileSync(path, `${JSON.stringify(whole, null, 2)}\n`)
  return path
}
