import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** The files of a home, each looked at once. Links are not followed: they may lead anywhere. */
export class Home {
  readonly root: string
  readonly #seen = new Set<string>()
  readonly #digests = new Map<string, string>()

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

  read(path: string): Buffer {
    this.see(path)
    const bytes = readFileSync(path)
    if (!this.#digests.has(path)) {
      this.#digests.set(path, createHash('sha256').update(bytes).digest('hex'))
    }
    return bytes
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
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name)
      const stat = lstatSync(path)
      if (stat.isDirectory()) yield* this.unseen(path)
      else if (!this.#seen.has(path)) yield path
    }
  }

  #names(parts: readonly string[]): string[] {
    const path = join(this.root, ...parts)
    return this.isFolder(...parts) ? readdirSync(path).sort() : []
  }
}
