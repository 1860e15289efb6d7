/** @module The isolation matrix: every endpoint, called by everybody who must not. */
export { toldBy } from './answers.js'
export { type Estate, furnish } from './estate.js'
export {
  Matrix, type MatrixParts, type MatrixRoute, type RightsOf,
} from './matrix.js'
export { byRole, byScope, cursors, dead, headers, keys, strangers } from './rounds.js'
export { type Sample, samples } from './samples.js'
