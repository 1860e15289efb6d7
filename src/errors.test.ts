import { describe, expect, it } from 'vitest'
import { assert, AssertionError } from './assert.js'
import { defineError, HoldfastError, InvalidInput, RevisionConflict } from './errors.js'

const Melted = defineError('Melted', { code: 'melted', status: 503, retryable: true })

describe('a defined error', () => {
  it('carries its code, status and retryability', () => {
    const error = new Melted('It melted; freeze it again.')
    expect(error).toBeInstanceOf(HoldfastError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'Melted', code: 'melted', status: 503, retryable: true })
    expect(Melted.definition).toEqual({ code: 'melted', status: 503, retryable: true })
  })

  it('is not retryable unless it says so', () => {
    expect(new InvalidInput('x').retryable).toBe(false)
  })

  it('keeps its cause, field and time of retry', () => {
    const cause = new Error('the sun')
    const error = new Melted('It melted.', { cause, field: 'snow', retryAfterSeconds: 3 })
    expect(error.cause).toBe(cause)
    expect(error.field).toBe('snow')
    expect(error.retryAfterSeconds).toBe(3)
  })

  it('has no cause when none was given', () => {
    expect('cause' in new Melted('It melted.')).toBe(false)
  })

  it('says its name and message in its stack', () => {
    expect(new Melted('It melted.').stack).toContain('errors.test')
    expect(String(new Melted('It melted.'))).toBe('Melted: It melted.')
  })

  it('is told from errors of another kind', () => {
    expect(new Melted('x')).not.toBeInstanceOf(RevisionConflict)
    expect(new RevisionConflict('x')).not.toBeInstanceOf(Melted)
  })
})

describe('isInstance', () => {
  it('knows the errors of this copy of the package', () => {
    expect(HoldfastError.isInstance(new Melted('x'))).toBe(true)
    expect(HoldfastError.isInstance(new HoldfastError('x'))).toBe(true)
  })

  it('knows the errors of another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('holdfast.error')]: true })
    expect(HoldfastError.isInstance(foreign)).toBe(true)
  })

  it('is false for everything else', () => {
    const others = [new Error('x'), null, undefined, 'x', 7, {}, () => undefined]
    for (const other of others) expect(HoldfastError.isInstance(other)).toBe(false)
  })

  it('leaves no trace of its mark in what is listed or written as JSON', () => {
    const error = new Melted('x')
    expect(Object.getOwnPropertySymbols({ ...error })).toEqual([])
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'Melted', code: 'melted', status: 503, retryable: true,
    })
  })
})

describe('assert', () => {
  it('lets truth pass and stops at a programmer’s error', () => {
    expect(() => assert(1, 'fine')).not.toThrow()
    expect(() => assert(0, 'one is needed')).toThrow(AssertionError)
    expect(() => assert(undefined, 'one is needed')).toThrow('one is needed')
  })
})
