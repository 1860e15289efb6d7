import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type HttpClient } from '../http.js'
import { rawConnection } from '../raw.js'
import { bodyMutations } from './body-mutations.js'
import { byteMutations } from './byte-mutations.js'
import { Chance } from './chance.js'
import { bytesOf, type Draft, type Known, targetOf, validDraft } from './drafts.js'
import { type Mutated, type Mutation, type Tools } from './mutation.js'
import { type Operation, operationsOf } from './operations.js'
import { requestMutations } from './request-mutations.js'
import { faultIn, faultOnWire, type Judging } from './verdicts.js'
import { wireMutation } from './wire-mutations.js'

/** What a campaign is aimed at. */
export interface Target {
  /** Sends without any token of its own. */
  readonly guest: HttpClient
  readonly judging: Judging
  /** What mutations may use beside the draft. */
  readonly tools: Omit<Tools, 'chance'>
  /** Values with which this operation succeeds, credentials as `authorization` among them. */
  known(operation: Operation, chance: Chance): Promise<Known>
}

/** How large a campaign is. */
export interface CampaignOptions {
  readonly seed: number
  readonly requests: number
  /** Requests under way at once. @default 16 */
  readonly parallel?: number
}

/** What a campaign saw. */
export interface CampaignReport {
  readonly seconds: number
  /** How many answers had each status; 0 for connections that closed without any. */
  readonly statuses: Readonly<Record<number, number>>
  /** Requests nobody touched, all of which had to succeed. */
  readonly valid: number
  readonly slowestMs: number
  /** Bytes of living objects after a quarter of the requests, and at the end. */
  readonly heapBytes: readonly [quarter: number, end: number]
  /** What was wrong, each with the number of its request. At most 20. */
  readonly findings: readonly string[]
}

const mutations: readonly Mutation[] = [
  ...bodyMutations, ...byteMutations, ...requestMutations,
]
const validShare = 0.12
const severalShare = 0.1
const wireShare = 0.04
const findingsMax = 20
/** What is pruned or erased may be all that the requests before it have made. */
const silenceMs = 300_000
/** A server that refuses more than this may close before all of it was sent. */
const resettableBytes = 16 * 1024

/** Sends mutated and valid requests and judges every answer. The same seed sends the same. */
export class Campaign {
  readonly #target: Target
  readonly #options: CampaignOptions
  readonly #operations: readonly Operation[]
  readonly #statuses: Record<number, number> = {}
  readonly #findings: string[] = []
  #valid = 0
  #slowestMs = 0
  #next = 0

  constructor(target: Target, options: CampaignOptions) {
    this.#target = target
    this.#options = options
    this.#operations = operationsOf(target.judging.document)
  }

  async run(): Promise<CampaignReport> {
    const { requests } = this.#options
    const started = Date.now()
    await this.#sendUntil(Math.floor(requests / 4))
    const quarter = livingBytes()
    await this.#sendUntil(requests)
    return {
      seconds: (Date.now() - started) / 1_000,
      statuses: this.#statuses,
      valid: this.#valid,
      slowestMs: this.#slowestMs,
      heapBytes: [quarter, livingBytes()],
      findings: this.#findings,
    }
  }

  async #sendUntil(end: number): Promise<void> {
    const work = async () => {
      while (this.#next < end && this.#findings.length < findingsMax) await this.#one(this.#next++)
    }
    await Promise.all(Array.from({ length: this.#options.parallel ?? 16 }, work))
  }

  async #one(index: number): Promise<void> {
    const chance = new Chance(Math.imul(this.#options.seed, 0x9e3779b1) + index)
    const operation = this.#pick(chance)
    const known = await this.#target.known(operation, chance)
    const key: Known = chance.happens(0.4) ? { 'Idempotency-Key': `campaign-${index}` } : {}
    const draft = validDraft(operation, chance, { ...known, ...key })
    if (known.authorization !== undefined) draft.headers.authorization = known.authorization
    const done = this.#mutate(draft, chance)
    const started = performance.now()
    const wrong = await this.#send(draft, done).catch((error: unknown) =>
      isReset(error, draft) ? undefined : String(error))
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - started)
    if (done.length === 0) this.#valid += 1
    if (wrong === undefined) return
    const names = done.map(({ name }) => name).join(' and ') || 'untouched'
    this.#findings.push(`request ${index}: ${operation.operationId}, ${names}: ${wrong}`)
  }

  /** Logging in costs a password hash by design, so it comes up less often. */
  #pick(chance: Chance): Operation {
    const operation = chance.pick(this.#operations)
    return operation.isPublic && chance.happens(0.8) ? chance.pick(this.#operations) : operation
  }

  #mutate(draft: Draft, chance: Chance): Mutated[] {
    if (chance.happens(validShare)) return []
    const tools = { ...this.#target.tools, chance }
    const wanted = chance.happens(severalShare) ? chance.between(2, 4) : 1
    const done: Mutated[] = []
    const withWire = chance.happens(wireShare)
    while (!withWire && done.length < wanted) {
      const mutated = chance.pick(mutations)(draft, tools)
      if (mutated !== undefined) done.push(mutated)
    }
    if (!withWire) return done
    const mutated = wireMutation(draft, tools)
    return mutated === undefined ? [] : [mutated]
  }

  async #send(draft: Draft, done: readonly Mutated[]): Promise<string | undefined> {
    const { guest, judging, tools } = this.#target
    if (draft.wire !== undefined) {
      const { socket, received } = await rawConnection(guest.url, draft.wire, { silenceMs })
      // Node drops the answer to a client that half-closes; some requests end in no other way.
      if (done[0]?.verdict === 'any') socket.end()
      const text = await received
      this.#count(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0))
      const fault = faultOnWire(draft, done[0], { text, judging })
      return fault && `${fault}: ${text.slice(0, 400)}`
    }
    const bytes = bytesOf(draft)
    const { method, headers } = draft
    const answer = await guest.exchange({ method, path: targetOf(draft), headers, bytes })
    this.#count(answer.status)
    const isTooLarge = bytes !== undefined && bytes.length > tools.bodyLimitBytes
    const only = done.length === 0 ? untouched : done.length === 1 ? done[0] : undefined
    const mutated = isTooLarge && only !== undefined ? { ...only, ...tooLarge } : only
    const fault = faultIn({ draft, answer, mutated }, judging)
    return fault && `${fault}: ${answer.status} ${answer.text.slice(0, 400)}`
  }

  #count(status: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
  }
}

const untouched: Mutated = { name: 'untouched', places: [], verdict: 'served' }

/** Whatever else was done to it, a body over the limit is refused as one. */
const tooLarge = { places: ['body', 'header', 'path', 'query'], verdict: 'any' } as const

function isReset(error: unknown, draft: Draft): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  // What refuses a head over the limit has not read the method, so HEAD gets a body as well.
  const isCut = ['ECONNRESET', 'EPIPE', draft.method === 'HEAD' && 'HPE_CLOSED_CONNECTION']
    .includes(code)
  const size = (bytesOf(draft)?.length ?? 0) + JSON.stringify(draft.headers).length
  return isCut && size > resettableBytes
}

/** Bytes of objects that are still reachable. */
function livingBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
