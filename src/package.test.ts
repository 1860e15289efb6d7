import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly engines?: { readonly node?: string }
}

const lockFile = fileURLToPath(new URL('../package-lock.json', import.meta.url))

/** Whether a range of versions takes Node.js 20, in the forms that packages write it. */
const takesNode20 = (range: string): boolean => range.split('||').some((part) => {
  const words = part.replace(/([<>=~^])\s+/g, '$1').trim().split(/\s+/)
  return words.every((word) => {
    const [, sign = '', major = '*'] = /^([<>=~^]*)\s*v?(\d+|\*|x)/.exec(word) ?? []
    if (!/\d/.test(major)) return true
    if (sign === '<') return Number(major) > 20
    return sign.startsWith('>') ? Number(major) <= 20 : Number(major) === 20
  })
})

it('what users install takes Node.js 20, also where the installer insists on it', () => {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
    packages: Readonly<Record<string, Locked>>
  }
  const installed = Object.entries(packages)
    .filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true)
  expect(installed.length).toBeGreaterThan(40)
  const others = installed
    .filter(([, { engines }]) => engines?.node !== undefined && !takesNode20(engines.node))
    .map(([name, { engines }]) => `${name} wants ${engines?.node}`)
  expect(others).toEqual([])
})
