import { readFileSync } from 'node:fs'

const packageFile = new URL('../../package.json', import.meta.url)
const { version, engines } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
  version: string
  engines: { node: string }
}

/** The version of this package. */
export const programVersion = version

/** The oldest Node.js it runs on, such as `20.15`. */
export const oldestNode = engines.node.replace(/^\D+/, '')

/** Whether a Node.js version, this process's by default, is new enough. */
export function nodeIsSupported(node: string = process.versions.node): boolean {
  const [leastMajor = 0, leastMinor = 0] = oldestNode.split('.').map(Number)
  const [major = 0, minor = 0] = node.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
