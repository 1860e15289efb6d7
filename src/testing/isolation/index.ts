/** @module The isolation matrix: every endpoint, called by everybody who must not. */
export { toldBy } from './answers.js'
export { type Estate, furnish, furnishHome } from './estate.js'
export {
  Matrix, type MatrixParts, type MatrixRoute, type RightsOf,
} from './matrix.js'
export { byRole, byScope, dead } from './rounds.js'
export { type Sample } from './sample.js'
export { samples } from './samples.js'
export { administrators, cursors, headers, keys, strangers } from './strangers.js'
