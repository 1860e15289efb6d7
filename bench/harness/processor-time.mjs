import { readdirSync, readFileSync } from 'node:fs'

const tickMs = 10

/**
 * Processor time that these processes and their children have used, in milliseconds.
 * Undefined where the system does not tell (elsewhere than on Linux), or not of one of them.
 */
export function processorMs(pids) {
  try {
    return pids.reduce((sum, pid) => sum + familyMs(pid), 0)
  } catch {
    return undefined
  }
}

function familyMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean))
  const ownMs = tasks.reduce((sum, task) => sum + ranMs(`/proc/${pid}/task/${task}`), 0)
  return children.reduce((sum, child) => sum + ranMs(`/proc/${child}`), ownMs + endedMs(pid))
}

/** What its children had used that ended: fields 16 and 17, counted behind the name. */
function endedMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[13]) + Number(fields[14])) * tickMs
}

/** The first number is nanoseconds on a processor. A child may have ended just now. */
function ranMs(folder) {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}
