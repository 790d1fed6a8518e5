// The ledger of a round: for each order every courier that was looked at, what
// each would cost it, and what kept the others out.
import { h, table, row, chip, link, number, words } from '../dom.js'
import { at, nanos, percent, whole } from '../format.js'

const few = 8 // candidates of a round that is only part of a view

/** entries shows the ledger of a round; of one order, the best alone, if it is named. */
export function entries(round, order) {
  const ledger = (round.decision.ledger ?? []).filter((e) => !order || e.order === order)
  return ledger.map((e) => h('div', { class: 'ledger', 'data-key': e.order },
    h('h3', null, order ? 'Newest round ' : ['Order ', link('/orders/' + e.order, e.order.slice(0, 12)), ' '], chip(e.outcome), ' ', at(round.at)),
    h('p', { class: 'prose' }, `${whole(e.candidates?.length)} couriers were looked at; the least cost is asked first. `, round.guessed && 'Times are guessed by the straight line: the distance service did not answer. ', order && link('/rounds/' + round.id, 'See the whole round')),
    candidates(e, order ? few : Infinity)))
}

function candidates(e, most) {
  return table('Candidates for ' + e.order, ['Courier', 'Rank#', 'At the shop in#', 'Order waits#', 'Lateness#', 'Courier’s time#', 'Score#', 'Says yes#', 'Cost#', 'Outcome'], (e.candidates ?? []).slice(0, most).map((c) => {
    const t = c.terms ?? {}
    const cost = (t.delay ?? 0) + (t.late ?? 0) + (t.effort ?? 0) + (t.score ?? 0)
    const terms = c.dropped ? [h('td', { colspan: 7 })] : [number(nanos(t.eta)), number(nanos(t.delay)), number(nanos(t.late)), number(nanos(t.effort)), number(nanos(t.score)), number(percent(t.accepts)), number(nanos(cost))]
    return row(c.courier, link('/couriers/' + c.courier, c.courier), number(c.rank || ''), ...terms, c.dropped ? chip('dropped', words(c.dropped)) : c.asked ? chip('asked') : c.foreseen ? chip('foreseen') : '')
  }), 'Nobody was looked at')
}
