import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { accessMatrix, isAllowed, isScope } from '../identity/index.js'
import { accessTable, openApiDocument, rawRoutes, routes } from './index.js'

const page = new URL('../../docs/reference/access.md', import.meta.url)

describe('access', () => {
  it('knows the action of every route, and every action has a route', () => {
    const known = accessMatrix().map(({ action }) => action as string)
    const named = [...routes, ...rawRoutes].map(({ action }) => action)
      .filter((action) => action !== 'public')
    expect([...new Set(named)].sort()).toEqual([...known].sort())
  })

  it('is as documented', () => {
    const lines = readFileSync(page, 'utf8').split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(lines).toEqual(accessTable())
  })

  it('grows with the role: nobody loses what a lower one may', () => {
    for (const { person, member, admin, owner } of accessMatrix()) {
      const ladder = [person, member, admin, owner].map(Number)
      expect(ladder).toEqual([...ladder].sort())
    }
  })

  it('is for nobody where no rule was made', () => {
    const principal = {
      kind: 'service_token', id: 'x', credentialId: 'x', organizationId: 'x', scopes: ['*'],
      expiresAtMs: 0,
    } as const
    for (const action of ['toString', '__proto__', 'constructor', 'x:y', '*', '']) {
      expect(isAllowed(principal, 'owner', action as never)).toBe(false)
      expect(isAllowed({ ...principal, kind: 'session' }, 'owner', action as never)).toBe(false)
    }
    for (const scope of ['toString:*', 'members:leave', 'organizations:delete', '*:*', '']) {
      expect([scope, isScope(scope)]).toEqual([scope, false])
    }
  })

  it('gives the schema of scopes exactly those there are', () => {
    const { components } = openApiDocument() as never as {
      components: { schemas: Record<string, { properties: { scopes: { items: unknown } } }> }
    }
    const { pattern } = components.schemas.NewServiceToken!.properties.scopes.items as {
      pattern: string
    }
    const scopes = new Set(accessMatrix().flatMap((row) => row.scopes))
    for (const scope of scopes) expect(scope).toMatch(new RegExp(pattern))
    for (const scope of ['x', 'jobs', 'jobs:', '*:*', 'members:leave', 'jobs:*:*', 'jobs:read ']) {
      expect(scope).not.toMatch(new RegExp(pattern))
    }
  })
})
