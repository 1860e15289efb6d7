import { describe, expect, it } from 'vitest'
import { EmailTaken } from '../identity/index.js'
import { CommandFailure, exitCodeOf, failureText, UsageFailure } from './failure.js'

const plain = { json: false, stack: false }

describe('a failure', () => {
  it('of Holdfast is told as it is', () => {
    expect(failureText(new EmailTaken('It is taken.'), plain)).toBe('holdfast: It is taken.')
  })

  it('without a name is told with the way to its stack', () => {
    expect(failureText(new TypeError('x is not a function'), plain))
      .toBe('holdfast: x is not a function (--log-level debug shows the stack)')
    expect(failureText('thrown text', plain)).toMatch(/^holdfast: thrown text \(/)
  })

  it('stays on one line', () => {
    expect(failureText(new CommandFailure('one\n  two', { code: 'x' }), plain))
      .toBe('holdfast: one two')
  })

  it('is an object with a code for programs', () => {
    const json = { json: true, stack: false }
    expect(JSON.parse(failureText(new EmailTaken('Taken.'), json)))
      .toEqual({ error: { code: 'email_taken', message: 'Taken.' } })
    expect(JSON.parse(failureText(new Error('odd'), json)).error.code).toBe('internal_error')
    expect(JSON.parse(failureText(new UsageFailure('wrong'), json)).error.code).toBe('usage')
  })

  it('shows its stack and those of its causes when asked', () => {
    const cause = new Error('the reason')
    const text = failureText(new CommandFailure('failed', { code: 'x', cause }), {
      json: false, stack: true,
    })
    expect(text).toMatch(/^holdfast: failed\nCommandFailure: failed\n +at /)
    expect(text).toMatch(/caused by: Error: the reason\n +at /)
  })

  it('has the exit code 2 when the command line is wrong, otherwise 1', () => {
    expect(exitCodeOf(new UsageFailure('x'))).toBe(2)
    expect(exitCodeOf(new CommandFailure('x', { code: 'x' }))).toBe(1)
    expect(exitCodeOf(new Error('x'))).toBe(1)
  })
})
