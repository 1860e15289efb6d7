import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Why system calls cannot be watched here; undefined when they can. */
export function tracingMissing(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-e', 'trace=none', 'true'], { stdio: 'ignore' })
    return undefined
  } catch (error) {
    const { code } = error as { code?: string }
    return code === 'ENOENT' ? 'strace is not installed' : 'strace may not watch processes here'
  }
}

/** The words that start a program under the trace. */
export function traced(file: string): readonly string[] {
  const calls = 'read,readv,recvfrom,recvmsg,fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg'
  return ['strace', '-f', '-tt', '-y', '-s', '1024', '-e', `trace=${calls}`, '-o', file]
}

/** One system call that has returned, in order of its end. */
export interface SystemCall {
  readonly name: string
  /** Its first argument, a file or a socket, as the trace names it. */
  readonly target: string
  /** Its whole text, data cut off. */
  readonly text: string
  readonly result: number
}

const whole = /^\d+ +\S+ (\w+)\(\d+<([^>]*)>(.*)\) += (-?\d+)/
const begun = /^(\d+) +\S+ (\w+\(.*) <unfinished \.\.\.>$/
const ended = /^(\d+) +(\S+) <\.\.\. \w+ resumed>(.*)$/

/** Reads a trace; a call that was interrupted by another thread's is put together again. */
export function readTrace(file: string): SystemCall[] {
  const open = new Map<string, string>()
  const calls: SystemCall[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const start = begun.exec(line)
    if (start !== null) {
      open.set(start[1]!, start[2]!)
      continue
    }
    const end = ended.exec(line)
    const joined = end === null ? line : `${end[1]} ${end[2]} ${open.get(end[1]!)}${end[3]}`
    const match = whole.exec(joined)
    if (match === null) continue
    const [, name = '', target = '', text = '', result] = match
    calls.push({ name, target, text, result: Number(result) })
  }
  return calls
}
