import { readdirSync, readFileSync } from 'node:fs'

/**
 * Processor time of a process and of its children that live, in milliseconds. Undefined where the
 * system does not tell (elsewhere than on Linux).
 */
export function familyCpuMs(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean))
    const ownMs = tasks.reduce((sum, task) => sum + ranMs(`/proc/${pid}/task/${task}`), 0)
    return children.reduce((sum, child) => sum + ranMs(`/proc/${child}`), ownMs)
  } catch {
    return undefined
  }
}

/** The first number is nanoseconds on a processor. A child may have ended just now. */
function ranMs(folder) {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}
