import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** The files of a home, each looked at once. Links are not followed: they may lead anywhere. */
export class Home {
  readonly root: string
  readonly #seen = new Set<string>()
  readonly #digests = new Map<string, string>()
  readonly #misread = new Set<string>()

  constructor(root: string) {
    this.root = root
  }

  /** A path as the report calls it. */
  placeOf(path: string): string {
    return relative(this.root, path).replaceAll('\\', '/')
  }

  /** Names of folders in a folder, sorted; none where there is none. */
  folders(...parts: readonly string[]): string[] {
    return this.#names(parts).filter((name) => this.isFolder(...parts, name))
  }

  /** Names of files in a folder, sorted; none where there is none. */
  files(...parts: readonly string[]): string[] {
    return this.#names(parts).filter((name) => this.isFile(...parts, name))
  }

  isFolder(...parts: readonly string[]): boolean {
    return lstatSync(join(this.root, ...parts), { throwIfNoEntry: false })?.isDirectory() ?? false
  }

  isFile(...parts: readonly string[]): boolean {
    return lstatSync(join(this.root, ...parts), { throwIfNoEntry: false })?.isFile() ?? false
  }

  /** The bytes of a file; undefined for one that went away since it was listed. */
  find(path: string): Buffer | undefined {
    this.see(path)
    const bytes = unlessGone(() => readFileSync(path))
    if (bytes === undefined) return undefined
    if (!this.#digests.has(path)) {
      this.#digests.set(path, createHash('sha256').update(bytes).digest('hex'))
    }
    return bytes
  }

  read(path: string): Buffer {
    return this.find(path) ?? Buffer.alloc(0)
  }

  /**
   * The text in bytes of a file. OpenHands writes some in the encoding of its machine: what is no
   * UTF-8 is read as that of Windows, which has a character for every byte.
   */
  textOf(path: string, bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      this.#misread.add(path)
      return new TextDecoder('windows-1252').decode(bytes)
    }
  }

  /** Files whose text was no UTF-8. */
  *misread(): Generator<string> {
    for (const path of this.#misread) yield this.placeOf(path)
  }

  /** SHA-256 of every file that was read. */
  *digests(): Generator<{ readonly place: string; readonly sha256: string }> {
    for (const [path, sha256] of this.#digests) yield { place: this.placeOf(path), sha256 }
  }

  /** Notes that a file is accounted for. */
  see(path: string): void {
    this.#seen.add(path)
  }

  /** All files below a folder that nobody has looked at. */
  *unseen(folder = this.root): Generator<string> {
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat?.isDirectory() === true) yield* this.unseen(path)
      else if (stat !== undefined && !this.#seen.has(path)) yield path
    }
  }

  #names(parts: readonly string[]): string[] {
    const path = join(this.root, ...parts)
    return this.isFolder(...parts) ? namesIn(path) : []
  }
}

const namesIn = (folder: string): string[] =>
  (unlessGone(() => readdirSync(folder)) ?? []).sort()

/** OpenHands may still run, and take files away. */
function unlessGone<R>(look: () => R): R | undefined {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
