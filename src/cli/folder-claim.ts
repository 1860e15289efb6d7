import { mkdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'

/** A claim that nobody renewed for so long is of a process that died. */
const claimMs = 5 * 60_000

/**
 * Runs `work` while this process alone holds a claim, a folder that others see; false when another
 * one holds it. A claim that cannot be renewed hinders nobody: the work goes on.
 */
export async function whileClaimed(
  claim: string,
  work: () => Promise<void>,
  { renewMs = 60_000 }: { readonly renewMs?: number } = {},
): Promise<boolean> {
  mkdirSync(dirname(claim), { recursive: true, mode: 0o700 })
  const ageMs = ageOf(claim)
  if (ageMs !== undefined && ageMs < claimMs) return false
  if (ageMs !== undefined) rmSync(claim, { recursive: true, force: true })
  try {
    mkdirSync(claim)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  const renewing = setInterval(() => renew(claim), renewMs)
  try {
    await work()
  } finally {
    clearInterval(renewing)
    rmSync(claim, { recursive: true, force: true })
  }
  return true
}

/** The folder may be away for a moment, as a share of the network is: that ends no server. */
function renew(claim: string): void {
  try {
    utimesSync(claim, new Date(), new Date())
  } catch {
    // It is looked for again.
  }
}

function ageOf(path: string): number | undefined {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return undefined
  }
}
