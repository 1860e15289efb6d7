import { type CheckpointerCapability } from '../subject.js'
import { type Trial } from '../trial.js'

/** One promise of a saver, and how it is tried. */
export interface CheckpointerCase {
  /** What a saver promises, as a sentence. */
  readonly name: string
  /** Without it there is no such promise. */
  readonly needs?: CheckpointerCapability
  readonly run: (trial: Trial) => Promise<void>
}
