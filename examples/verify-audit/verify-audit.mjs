#!/usr/bin/env node
// Checks an export of a Holdfast audit log, with nothing but Node and this file:
//   node verify-audit.mjs export.jsonl [--head heads.jsonl]… [--public-key <base64>]…
// Ends with 0 when the log is intact, 1 when it is not, 2 when it cannot be checked.
// The format is told in docs/guides/audit.md; memory does not grow with the entries.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'

/** What is hashed of an entry: all but these. What is signed of a head or a tombstone likewise. */
const beside = ['type', 'hash']
const signedBeside = ['type', 'signature']

/** RFC 8785, for objects of strings, integers and nulls. */
function canonical(members) {
  const names = Object.keys(members).sort()
  const pairs = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(members[name])}`)
  return Buffer.from(`{${pairs.join(',')}}`)
}

const without = (line, names) =>
  Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)))

function hashOf(previous, line) {
  const text = canonical(without(line, beside))
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(text.length))
  const bytes = Buffer.concat([Buffer.from(previous, 'hex'), length, text])
  return createHash('sha256').update(bytes).digest('hex')
}

/** Public keys by their ids. */
function keysOf(texts) {
  const spki = Buffer.from('302a300506032b6570032100', 'hex')
  return new Map(texts.map((text) => Buffer.from(text, 'base64')).map((raw) => [
    createHash('sha256').update(raw).digest('hex').slice(0, 16),
    createPublicKey({ key: Buffer.concat([spki, raw]), format: 'der', type: 'spki' }),
  ]))
}

function isSigned(keys, format, line) {
  const key = keys.get(line.key_id)
  if (key === undefined) return false
  const text = canonical({ ...without(line, signedBeside), format })
  return verify(null, text, key, Buffer.from(String(line.signature), 'base64url'))
}

/** Goes along the lines; throws a Fault at the first that is wrong. */
class Chain {
  sequence = 0
  hash = '0'.repeat(64)
  counts = { entries: 0, pruned: 0, compared: 0 }
  #headBefore = 0

  constructor(keys, kept) {
    this.keys = keys
    this.kept = kept
  }

  read(line) {
    this.organization ??= line.organization_id
    if (line.organization_id !== this.organization) fail(this.sequence + 1, 'another organization')
    const reader = { entry: this.#entry, tombstone: this.#tombstone, head: this.#end }[line.type]
    if (reader === undefined) fail(this.sequence + 1, `a line of unknown type ${line.type}`)
    reader.call(this, line)
    const place = `${this.organization} ${this.sequence}`
    for (const head of this.kept.get(place)?.values() ?? []) this.#compare(head)
    this.kept.delete(place)
  }

  #entry(line) {
    const next = this.sequence + 1
    if (line.sequence !== next) fail(next, 'missing')
    if (hashOf(this.hash, line) !== line.hash) fail(next, `(${line.id}) is not what was sealed`)
    this.sequence = next
    this.hash = line.hash
    this.counts.entries += 1
  }

  #tombstone(line) {
    const { first_sequence: first, last_sequence: last } = line
    if (first !== this.sequence + 1 || last < first) fail(this.sequence + 1, 'missing')
    this.#checkSignature('holdfast-audit-tombstone-1', line, first)
    this.counts.pruned += last - this.sequence
    this.sequence = last
    this.hash = line.hash
  }

  #end(line) {
    if (line.sequence !== this.sequence) fail(this.sequence + 1, 'missing, as the last line tells')
    // An empty log has nothing to sign; heads kept elsewhere tell whether it was emptied.
    if (line.sequence > 0) this.#compare(line)
    this.isWhole = true
  }

  #checkSignature(format, line, sequence) {
    if (this.keys.size === 0 || isSigned(this.keys, format, line)) return
    fail(sequence, `no trusted key signed this ${line.type}`)
  }

  #compare(head) {
    this.#checkSignature('holdfast-audit-head-1', head, head.sequence)
    if (head.hash !== this.hash) {
      fail(this.#headBefore + 1, `rewritten, there or up to the head at ${head.sequence}`)
    }
    this.#headBefore = head.sequence
    this.counts.compared += 1
  }

  end() {
    if (!this.isWhole) fail(this.sequence + 1, 'missing: the export has no last line')
    for (const heads of this.kept.values()) {
      const [{ organization_id: whose, sequence }] = heads.values()
      if (whose !== this.organization || sequence <= this.sequence) continue
      fail(this.sequence + 1, `missing: the log once reached ${sequence}`)
    }
  }
}

class Fault extends Error {}
const fail = (sequence, what) => { throw new Fault(`first bad entry ${sequence}: ${what}`) }

/** By their places; the same one over and over, as a log that rests gives it, is one. */
async function keptHeads(files) {
  const places = new Map()
  for (const file of files) {
    for await (const line of linesOf(file)) {
      if (line.trim() === '') continue
      const head = JSON.parse(line)
      const place = `${head.organization_id} ${head.sequence}`
      places.set(place, (places.get(place) ?? new Map()).set(line, head))
    }
  }
  return places
}

function parsed(line, { sequence }) {
  try {
    return JSON.parse(line)
  } catch {
    return fail(sequence + 1, 'the line is no JSON')
  }
}

/** Ended by line feeds alone: `node:readline` may part lines at U+2028, which JSON may hold. */
async function* linesOf(file) {
  let begun = ''
  for await (const text of createReadStream(file, 'utf8')) {
    const lines = (begun + text).split('\n')
    begun = lines.pop()
    yield* lines
  }
  if (begun !== '') yield begun
}

async function main() {
  const many = { type: 'string', multiple: true, default: [] }
  const { values, positionals: [file] } = parseArgs({
    allowPositionals: true, options: { 'head': many, 'public-key': many },
  })
  if (file === undefined) throw new Error('name an export: verify-audit.mjs export.jsonl')
  const chain = new Chain(keysOf(values['public-key']), await keptHeads(values.head))
  for await (const line of linesOf(file)) {
    if (chain.isWhole) fail(chain.sequence + 1, 'lines follow the last one')
    chain.read(parsed(line, chain))
  }
  chain.end()
  const { entries, pruned, compared } = chain.counts
  const signatures = chain.keys.size > 0 ? 'checked' : 'not checked: no --public-key'
  console.log(`intact: ${entries} entries, ${pruned} pruned, ${compared} heads compared; ` +
    `signatures ${signatures}`)
}

main().catch((error) => {
  const isFault = error instanceof Fault
  console.error(`${isFault ? 'NOT INTACT, ' : 'failed: '}${error.message}`)
  process.exitCode = isFault ? 1 : 2
})
