// Records of what services did, in their order.
import { h, table, row, chip, number, facts, link } from '../dom.js'
import { at, span, json } from '../format.js'

/** records shows records as a table; each opens to all that it says. */
export function records(list) {
  return table('Records', ['When', 'Service', 'What', 'Outcome', 'Took#', 'By', 'More'], (list ?? []).map((r) => row(r.id,
    at(r.time), r.service, h('span', { class: 'what' }, r.operation || r.message, r.operation && r.message && r.message !== r.operation ? h('small', null, ' ' + r.message) : ''),
    r.error ? chip('error', r.error.class || 'error') : r.state ? chip(r.state) : chip(r.level),
    number(r.tookMs ? span(r.tookMs / 1000) : ''), r.caller ?? '', more(r))), 'No records')
}

function more(r) {
  return h('details', null, h('summary', { 'aria-label': 'Details of the record' }, '…'),
    facts([
      ['Message', r.message], ['Entities', (r.entities ?? []).map((e) => [link('/logs?entity=' + encodeURIComponent(e), e), ' '])], ['Request', r.request && link('/logs?request=' + r.request, r.request)],
      ['Trace', r.trace && link('/logs?trace=' + r.trace, r.trace)], ['Status', r.status], ['Round trips', r.trips], ['Error', r.error?.message],
    ]),
    json(Object.fromEntries(Object.entries({ error: r.error, attrs: r.attrs, calls: r.calls, tripsBy: r.tripsBy }).filter(([, v]) => v))))
}
