import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { decodeRow, type Row, type StoredRow, table } from '../database/table.js'
import { type Backoff } from '../queues/index.js'
import { type Metadata, type WorkflowTables } from './tables.js'

/** Where a run stands. */
export const runStatuses = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const

/**
 * `pending` until somebody begins it, and again while it waits to be tried anew; `running` while
 * somebody is at it; the others are ends.
 */
export type RunStatus = (typeof runStatuses)[number]

/** Where a step stands. */
export const stepStatuses = ['running', 'succeeded', 'failed', 'cancelled'] as const

/** `running` until it ends in one of the others. */
export type StepStatus = (typeof stepStatuses)[number]

/** One run of a version of a workflow. */
export const workflowRuns = table(
  'workflow_runs',
  {
    organizationId: id(),
    id: id(),
    workflowId: id(),
    version: integer(),
    status: text(),
    input: json(),
    /** What it came to; null until it succeeded. */
    output: json().orNull(),
    /** Why it failed or was cancelled, or how the last attempt failed. */
    error: json().orNull(),
    configuration: json<Metadata>(),
    /** What started it: `manual`, `webhook`, `cron`, `rerun`, or another lower-case word. */
    triggerKind: text(),
    tags: json<string[]>(),
    metadata: json<Metadata>(),
    /** The run that it repeats or belongs to. */
    parentRunId: id().orNull(),
    /** The step of its parent from which on it is done anew. */
    fromStep: integer().orNull(),
    /** W3C trace context, as it came. */
    traceparent: text().orNull(),
    tracestate: text().orNull(),
    /** How often it was begun; the fencing number of whoever is at it. */
    attempt: integer(),
    /** Whether it was begun last without a job. */
    byHand: flag(),
    attemptsMax: integer(),
    crashesMax: integer(),
    /** Steps so far; the number of the last one. */
    stepCount: integer(),
    /** The queue that it waits in; null when nobody but the application runs it. */
    queue: text().orNull(),
    jobId: id().orNull(),
    /** How its job waits; null where that was left to the defaults. */
    priority: integer().orNull(),
    concurrencyKey: text().orNull(),
    backoffBaseMs: integer().orNull(),
    backoffCapMs: integer().orNull(),
    createdBy: text(),
    createdAt: instant(),
    /** The day of `createdAt` in UTC, `2026-01-31`. */
    day: text(),
    /** When it was begun first. */
    startedAt: instant().orNull(),
    /** The same in milliseconds, from which its duration is counted. */
    startedMs: integer().orNull(),
    finishedAt: instant().orNull(),
    /** From when it was begun first to its end; null unless it was begun and is over. */
    durationMs: integer().orNull(),
    /** Since when nobody sees it any more, while it is deleted step by step. */
    withdrawnAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** The tags of runs, so that those of a tag are found in order. */
export const workflowRunTags = table(
  'workflow_run_tags',
  { organizationId: id(), tag: text(), createdAt: instant(), runId: id() },
  { primaryKey: ['organizationId', 'tag', 'createdAt', 'runId'] },
)

/** One step of a run. */
export const workflowSteps = table(
  'workflow_steps',
  {
    organizationId: id(),
    runId: id(),
    /** 1, 2, 3, …, handed out by the run. */
    number: integer(),
    name: text(),
    /** Names what the step does; of one key a run succeeds once. */
    key: text().orNull(),
    status: text(),
    /** Which try of the step it is, as its author counts. */
    attempt: integer(),
    /** The attempt of the run that made it. */
    runAttempt: integer(),
    input: json().orNull(),
    output: json().orNull(),
    error: json().orNull(),
    metadata: json<Metadata>(),
    tokensUsed: integer().orNull(),
    /** An exact decimal in US dollars. */
    costUsd: text().orNull(),
    /** W3C span id, 16 hexadecimal digits. */
    spanId: text().orNull(),
    startedAt: instant(),
    finishedAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'runId', 'number'] },
)

/** A run as stores return it. */
export interface WorkflowRun
  extends Omit<
    Row<typeof workflowRuns>,
    'status' | 'day' | 'startedMs' | 'byHand' | 'withdrawnAt' | 'backoffBaseMs' | 'backoffCapMs'
  > {
  readonly status: RunStatus
  /** What was said of the waits between failed attempts. */
  readonly backoff: Partial<Backoff>
}

/** A step as stores return it. */
export interface WorkflowStep extends Omit<Row<typeof workflowSteps>, 'status'> {
  readonly status: StepStatus
}

/** The tables of runs, for `Database`. */
export interface RunTables extends WorkflowTables {
  workflow_runs: StoredRow<typeof workflowRuns>
  workflow_run_tags: StoredRow<typeof workflowRunTags>
  workflow_steps: StoredRow<typeof workflowSteps>
}

type Stored = Record<string, unknown>

/** The run behind a stored row. */
export function runOf(stored: Stored): WorkflowRun {
  const { day: _, startedMs: __, byHand: ___, ...decoded } = decodeRow(workflowRuns, stored)
  const { withdrawnAt: ____, backoffBaseMs: baseMs, backoffCapMs: capMs, ...run } = decoded
  const backoff = {
    ...(baseMs === null ? {} : { baseMs }), ...(capMs === null ? {} : { capMs }),
  }
  return { ...run, backoff } as WorkflowRun
}

/** The step behind a stored row. */
export function stepOf(stored: Stored): WorkflowStep {
  return decodeRow(workflowSteps, stored) as WorkflowStep
}
