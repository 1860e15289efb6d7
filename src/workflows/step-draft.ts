import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type JsonInput } from '../database/json.js'
import { checkText, require } from './rules.js'
import {
  checkStepStatus, costPattern, spanPattern, stepNameMax, storedError, storedMetadata, storedValue,
} from './run-rules.js'
import { type StepStatus, type WorkflowStep, workflowSteps as table } from './run-tables.js'
import { type Metadata } from './tables.js'

/** How a step ended. */
export interface StepEnd {
  /** @default 'succeeded' */
  readonly status?: Exclude<StepStatus, 'running'> | undefined
  /** Any JSON value. @default null */
  readonly output?: JsonInput | undefined
  /** At most 64 Ki characters of JSON. @default null */
  readonly error?: JsonInput | undefined
  readonly tokensUsed?: number | null | undefined
  /** An exact decimal in US dollars, `0.00125`. */
  readonly costUsd?: string | null | undefined
  /** When it ended. @default now */
  readonly finishedAt?: Instant | undefined
}

/** A step to append: one that begins (`running`), or one that is over. */
export interface NewStep extends Omit<StepEnd, 'status'> {
  /** 1 to 255 characters. */
  readonly name: string
  /**
   * 1 to 255 characters, names what the step does: of one key a run succeeds once, and a later
   * attempt finds what it came to. @default null
   */
  readonly key?: string | null | undefined
  /** @default 'succeeded' */
  readonly status?: StepStatus | undefined
  /** Which try of the step it is, from 1. @default 1 */
  readonly attempt?: number | undefined
  /** Any JSON value. @default null */
  readonly input?: JsonInput | undefined
  /** @default {} */
  readonly metadata?: Metadata | undefined
  /** W3C span id, 16 hexadecimal digits. @default null */
  readonly spanId?: string | null | undefined
  /** When it began. @default now */
  readonly startedAt?: Instant | undefined
}

/** A step in stored form, its number still to be handed out. */
export interface StepDraft {
  readonly name: Stored<'text'>
  readonly key: Stored<'text'> | null
  readonly status: Stored<'text'>
  readonly attempt: Stored<'integer'>
  readonly input: Stored<'json'> | null
  readonly output: Stored<'json'> | null
  readonly error: Stored<'json'> | null
  readonly metadata: Stored<'json'>
  readonly tokens_used: Stored<'integer'> | null
  readonly cost_usd: Stored<'text'> | null
  readonly span_id: Stored<'text'> | null
  readonly started_at: Stored<'instant'>
  readonly finished_at: Stored<'instant'> | null
}

/** The end of a step in stored form. */
export type EndDraft =
  Pick<StepDraft, 'status' | 'output' | 'error' | 'tokens_used' | 'cost_usd' | 'finished_at'>

const { columns } = table

/** The stored form of a step; `place` is where it stands, `steps[0].` or nothing. */
export function stepDraft(step: NewStep, now: Instant, place = ''): StepDraft {
  const { name, key = null, status = 'succeeded', attempt = 1, spanId = null } = step
  checkText(name, `${place}name`, [1, stepNameMax])
  if (key !== null) checkText(key, `${place}key`, [1, stepNameMax])
  checkStepStatus(status, `${place}status`)
  const isTry = Number.isSafeInteger(attempt) && attempt >= 1
  require(isTry, `${place}attempt`, 'must be a whole number from 1')
  const isSpan = spanId === null || (typeof spanId === 'string' && spanPattern.test(spanId))
  require(isSpan, `${place}span_id`, 'must be 16 hexadecimal digits in lower case, not all zeros')
  const isOpen = status === 'running'
  const isOver = [step.output, step.error, step.finishedAt].some((each) => each !== undefined)
  require(!isOpen || !isOver, `${place}status`,
    'must not be running beside output, error or finished_at')
  const end = endDraft(isOpen ? {} : step as StepEnd, now, place)
  return {
    name: columns.name.encode(name, `${place}name`),
    key: columns.key.encode(key, `${place}key`),
    attempt: columns.attempt.encode(attempt, `${place}attempt`),
    input: orNull(step.input, (value) => storedValue(value, `${place}input`)),
    metadata: storedMetadata(step.metadata ?? {}, `${place}metadata`),
    span_id: columns.spanId.encode(spanId, `${place}span_id`),
    started_at: columns.startedAt.encode(step.startedAt ?? now, `${place}started_at`),
    ...end,
    ...(isOpen ? opened(step, place) : {}),
  }
}

/** What of a running step differs from one that is over. */
function opened({ tokensUsed = null, costUsd = null }: NewStep, place: string) {
  return {
    status: columns.status.encode('running'), output: null, error: null, finished_at: null,
    ...figures({ tokensUsed, costUsd }, place),
  }
}

/** The stored form of a step's end. */
export function endDraft(end: StepEnd, now: Instant, place = ''): EndDraft {
  const { status = 'succeeded', tokensUsed = null, costUsd = null } = end
  checkStepStatus(status, `${place}status`)
  require((status as string) !== 'running', `${place}status`, 'must be an end')
  return {
    status: columns.status.encode(status),
    output: orNull(end.output, (value) => storedValue(value, `${place}output`)),
    error: orNull(end.error, (value) => storedError(value, `${place}error`)),
    finished_at: columns.finishedAt.encode(end.finishedAt ?? now, `${place}finished_at`),
    ...figures({ tokensUsed, costUsd }, place),
  }
}

function figures(
  { tokensUsed, costUsd }: { readonly tokensUsed: number | null; readonly costUsd: string | null },
  place: string,
) {
  const isCount = tokensUsed === null || (Number.isSafeInteger(tokensUsed) && tokensUsed >= 0)
  require(isCount, `${place}tokens_used`, 'must be a whole number, not negative')
  const isCost = costUsd === null || (typeof costUsd === 'string' && costPattern.test(costUsd))
  require(isCost, `${place}cost_usd`, 'must be a decimal such as 0.00125')
  return {
    tokens_used: columns.tokensUsed.encode(tokensUsed, `${place}tokens_used`),
    cost_usd: columns.costUsd.encode(costUsd, `${place}cost_usd`),
  }
}

function orNull<T>(value: JsonInput | undefined, stored: (value: JsonInput) => T): T | null {
  return value === undefined || value === null ? null : stored(value)
}

/** Where a step of a draft stands. */
export interface StepPlace {
  readonly organizationId: string
  readonly runId: string
  readonly number: number
  readonly runAttempt: number
}

/** The step that was made of a draft. */
export function stepOfDraft(draft: StepDraft, place: StepPlace): WorkflowStep {
  return {
    name: columns.name.decode(draft.name),
    key: columns.key.decode(draft.key),
    status: columns.status.decode(draft.status) as StepStatus,
    attempt: Number(draft.attempt),
    input: columns.input.decode(draft.input),
    output: columns.output.decode(draft.output),
    error: columns.error.decode(draft.error),
    metadata: columns.metadata.decode(draft.metadata),
    tokensUsed: columns.tokensUsed.decode(draft.tokens_used),
    costUsd: columns.costUsd.decode(draft.cost_usd),
    spanId: columns.spanId.decode(draft.span_id),
    startedAt: columns.startedAt.decode(draft.started_at),
    finishedAt: columns.finishedAt.decode(draft.finished_at),
    ...place,
  }
}
