import { afterEach, beforeEach, describe, it } from 'vitest'
import { type CheckpointerCase } from './cases/case.js'
import { deltaCases } from './cases/delta.js'
import { getCases } from './cases/get.js'
import { listCases } from './cases/list.js'
import { pruningCases } from './cases/pruning.js'
import { putCases } from './cases/put.js'
import { threadCases } from './cases/threads.js'
import { writerCases } from './cases/writers.js'
import { writeCases } from './cases/writes.js'
import {
  type Checkpointer, checkpointerCapabilities, type CheckpointerSubject,
} from './subject.js'
import { Trial } from './trial.js'

/** How a saver did in one case. */
export interface CheckpointerResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'absent'
  /** What was wrong, or why it is absent. */
  readonly reason?: unknown
}

/** Everything a saver promises, by what it concerns. */
export const checkpointerCases: Readonly<Record<string, readonly CheckpointerCase[]>> = {
  put: putCases,
  getTuple: getCases,
  list: listCases,
  putWrites: writeCases,
  getDeltaChannelHistory: deltaCases,
  threads: threadCases,
  pruning: pruningCases,
  writers: writerCases,
}

/**
 * Runs the suite on a saver of LangGraph, one test a case. What a saver does not have must be
 * declared absent with a reason: it stands in the report as skipped, under the reason, and what is
 * declared neither there nor absent fails.
 */
export function checkpointerSuite<Saver extends Checkpointer>(
  given: CheckpointerSubject<Saver>,
): void {
  const subject = given as unknown as CheckpointerSubject
  describe(`checkpointer ${subject.name}`, () => {
    it('declares what it has and what it lacks', () => refuseUndeclared(subject))
    for (const [area, cases] of Object.entries(checkpointerCases)) {
      describe(area, () => {
        let saver: Checkpointer
        beforeEach(async () => {
          saver = await subject.create()
        })
        afterEach(async () => {
          await subject.destroy?.(saver)
        })
        for (const each of cases) {
          const absence = absenceOf(subject, each)
          if (absence === undefined) it(each.name, () => each.run(new Trial(subject, saver)))
          // Nothing unfinished: the saver declared that it lacks this, and the name says why.
          else it.skip(`${each.name}: did not run: absent: ${absence}`, () => undefined)
        }
      })
    }
  })
}

/** What of the suite to run, and how far. */
export interface CheckpointerTry {
  /** Keys of `checkpointerCases`. @default all */
  readonly areas?: readonly string[]
  /** Ends with the first case that fails. @default false */
  readonly untilFailure?: boolean
}

/** The same without a test runner: how the saver did, case by case. */
export async function tryCheckpointer<Saver extends Checkpointer>(
  given: CheckpointerSubject<Saver>, options: CheckpointerTry = {},
): Promise<CheckpointerResult[]> {
  const subject = given as unknown as CheckpointerSubject
  refuseUndeclared(subject)
  const results: CheckpointerResult[] = []
  for (const area of options.areas ?? Object.keys(checkpointerCases)) {
    for (const each of checkpointerCases[area] ?? []) {
      const result = await tried(subject, each)
      results.push({ ...result, name: `${area}: ${each.name}` })
      if (options.untilFailure === true && result.outcome === 'failed') return results
    }
  }
  return results
}

async function tried(
  subject: CheckpointerSubject, each: CheckpointerCase,
): Promise<CheckpointerResult> {
  const { name } = each
  const absence = absenceOf(subject, each)
  if (absence !== undefined) return { name, outcome: 'absent', reason: absence }
  const saver = await subject.create()
  try {
    await each.run(new Trial(subject, saver))
    return { name, outcome: 'passed' }
  } catch (error) {
    return { name, outcome: 'failed', reason: error }
  } finally {
    await subject.destroy?.(saver)
  }
}

function absenceOf({ capabilities }: CheckpointerSubject, { needs }: CheckpointerCase) {
  const declared = needs === undefined ? true : capabilities[needs]
  return declared === true ? undefined : declared
}

function refuseUndeclared({ capabilities, reopen }: CheckpointerSubject): void {
  for (const capability of checkpointerCapabilities) {
    const declared: unknown = capabilities[capability]
    if (declared === true || (typeof declared === 'string' && declared !== '')) continue
    throw new Error(`capabilities.${capability} must be true, or say why it is absent`)
  }
  if (capabilities.reopen === true && reopen === undefined) {
    throw new Error('reopen must be given where capabilities.reopen is true')
  }
}
