// The ledger of a round: for each order every courier that was looked at, what
// each would cost it, and what kept the others out.
import { h, table, row, chip, link, number, words } from '../dom.js'
import { at, nanos, percent, whole } from '../format.js'

/** entries shows the ledger of a round; of one order, if it is named. */
export function entries(round, order) {
  const ledger = (round.decision.ledger ?? []).filter((e) => !order || e.order === order)
  return ledger.map((e) => h('div', { class: 'ledger', 'data-key': e.order },
    h('h3', null, order ? 'Newest round ' : ['Order ', link('/orders/' + e.order, e.order.slice(0, 12)), ' '], chip(e.outcome), ' ', at(round.at)),
    h('p', null, `${whole(e.candidates?.length)} couriers looked at. `, round.guessed && 'Times are guessed by the straight line: the distance service did not answer. ', order && link('/rounds/' + round.id, 'The whole round')),
    candidates(e)))
}

function candidates(e) {
  return table('Candidates for ' + e.order, ['Courier', 'Rank#', 'At the shop in#', 'Waits#', 'Late#', 'Effort#', 'Score#', 'Says yes#', 'Cost#', 'What happened'], (e.candidates ?? []).map((c) => {
    const t = c.terms ?? {}
    const cost = (t.delay ?? 0) + (t.late ?? 0) + (t.effort ?? 0) + (t.score ?? 0)
    const terms = c.dropped ? Array(7).fill(number('')) : [number(nanos(t.eta)), number(nanos(t.delay)), number(nanos(t.late)), number(nanos(t.effort)), number(nanos(t.score)), number(percent(t.accepts)), number(nanos(cost))]
    return row(c.courier, link('/couriers/' + c.courier, c.courier), number(c.rank || ''), ...terms, c.dropped ? chip('dropped', words(c.dropped)) : c.asked ? chip('asked') : c.foreseen ? chip('foreseen') : '')
  }), 'Nobody was looked at')
}
