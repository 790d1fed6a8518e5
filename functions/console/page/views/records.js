// Records of what services did, in their order.
import { h, table, row, chip, number, facts, link } from '../dom.js'
import { at, span, json } from '../format.js'

/** records shows records as a table; each opens to all that it says. */
export function records(list) {
  return table('Records', ['When', 'Service', 'What', 'Outcome', 'Took#', 'By', 'Details'], (list ?? []).map((r) => row(r.id,
    at(r.time), r.service, what(r), outcome(r), number(r.tookMs ? span(r.tookMs / 1000) : ''), h('span', { class: 'name', title: r.caller }, r.caller ?? ''), more(r))), 'No records')
}

// what a record is of: the call as it was made, or the operation and what it said.
function what({ service, operation = '', message = '' }) {
  const call = /^[A-Z]+ \//.test(message)
  const short = operation.startsWith(service + ' ') ? operation.slice(service.length + 1) : operation
  const said = call || operation.includes(message) ? '' : message
  return h('span', { class: 'what', title: call ? operation : null }, call ? message : short || message, short && said && h('small', null, ' ' + said))
}

function outcome({ error, state, level }) {
  if (error) return chip('error', error.class || 'error')
  if (state) return chip(state)
  return level === 'INFO' || level === 'DEBUG' ? '' : chip(level)
}

function more(r) {
  return h('details', null, h('summary', null, 'Show'),
    facts([
      ['Message', r.message], ['Operation', r.operation], ['Entities', (r.entities ?? []).map((e) => [link('/logs?entity=' + encodeURIComponent(e), e), ' '])], ['Request', r.request && link('/logs?request=' + r.request, r.request)],
      ['Trace', r.trace && link('/logs?trace=' + r.trace, r.trace)], ['Status', r.status], ['Round trips', r.trips], ['Error', r.error?.message],
    ]),
    json(Object.fromEntries(Object.entries({ error: r.error, attrs: r.attrs, calls: r.calls, tripsBy: r.tripsBy }).filter(([, v]) => v))))
}
