// Calls that took longer than they may, and what they waited for.
import { table, row, number, h } from '../dom.js'
import { at, span } from '../format.js'
import { get } from '../api.js'
import { more } from './more.js'
import { records } from './records.js'

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/slow-calls', { ...q, cursor, limit: 100 }), 'records')
  page.keep(list.load, (found) => [summary(found), found.length > 0 && [h('h2', null, 'Calls'), records(found)], list.button(page)], { about: ['slow'] })
}

// summary is how often each operation was slow, of those that are shown.
function summary(found) {
  const by = Map.groupBy(found, (r) => `${r.service} ${r.operation ?? r.message}`)
  const worst = [...by].map(([name, all]) => [name, all.length, Math.max(...all.map((r) => r.tookMs ?? 0)), all[0].time]).sort((a, b) => b[1] - a[1])
  return table('Slow operations', ['Operation', 'Times#', 'Longest#', 'Last'], worst.map(([name, n, longest, last]) => row(name, name, number(n), number(span(longest / 1000)), at(last))), 'No call was slow')
}
