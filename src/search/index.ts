export { type Highlight, highlightOf, type TextRange } from './highlight.js'
export { indexWordsOf, placesOf } from './index-words.js'
export { fulfils } from './matches.js'
export { queryLengthMax, queryOf } from './query.js'
