// What is chosen on the map: a card that says what it is, a ring around it, and the
// way that is ahead of a courier.
import { h, chip, facts, link, show } from '../dom.js'
import { since } from '../format.js'
import { get, id as part } from '../api.js'
import { way } from '../way.js'

/** Chosen is one courier, order or shop, or nothing. */
export class Chosen {
  #thing = null
  #about = null // what the API says of a courier

  /** map is where it is shown, orders are those under way. */
  constructor(map, orders) {
    Object.assign(this, { map, orders })
    this.card = h('section', { class: 'card', hidden: true, 'aria-label': 'Chosen on the map', 'aria-live': 'polite' })
    map.element.append(this.card)
  }

  /** take chooses {kind, id}, or nothing. */
  async take(thing) {
    this.#thing = thing
    this.#about = null
    this.map.choose(thing)
    this.draw()
    if (thing?.kind !== 'courier') return
    const about = await get('/v1/couriers/' + part(thing.id)).catch(() => null)
    if (this.#thing === thing) this.#about = about
    this.draw()
  }

  /** draw shows how it is now; ways are drawn along lines, where there are any. */
  draw(lines) {
    const thing = this.#thing
    this.card.hidden = !thing
    if (!thing) return this.map.setTrail([])
    const courier = thing.kind === 'courier' ? thing.id : this.orders.get(thing.id)?.courier
    if (lines) this.map.setTrail([], this.#ways(courier, lines))
    show(this.card, ...{ courier: () => this.#courier(thing), order: () => this.#order(thing), shop: () => this.#shop(thing) }[thing.kind]())
  }

  // #ways are from where a courier is to where they go next, one after the other.
  #ways(courier, lines) {
    let from = courier && this.map.place(courier)
    if (!from) return []
    const mine = this.orders.list().filter((o) => o.courier === courier)
    const stops = [...mine.filter((o) => o.state !== 'picked_up').map((o) => o.pickup.point), ...mine.map((o) => o.dropoff.point)]
    return stops.slice(0, 6).map((to) => {
      const found = way(lines, from, to) ?? [from.lng, from.lat, to.lng, to.lat]
      from = to
      return found
    })
  }

  #courier({ id }) {
    const now = this.map.place(id)
    const mine = this.orders.list().filter((o) => o.courier === id)
    const on = this.map.followed === id
    return [
      this.#head(link('/couriers/' + id, this.#about?.name ?? id)),
      facts([['Courier', id], ['Rides', this.#about?.vehicle], ['Carries', mine.length ? mine.map((o) => [link('/orders/' + o.id, o.id.slice(0, 8)), ' ', chip(o.state), ' ']) : 'nothing'], ['Heard of', now && since(now.seen * 1000)]]),
      this.#follow(id, on),
    ]
  }

  #order({ id }) {
    const o = this.orders.get(id)
    const head = this.#head(link('/orders/' + id, 'Order ' + id.slice(0, 12)))
    if (!o) return [head, h('p', { class: 'prose' }, 'It is over.')]
    return [head, facts([['State', chip(o.state)], ['Shop', link('/catalogues/' + o.shop, o.shop)], ['Courier', o.courier ? link('/couriers/' + o.courier, o.courier) : 'none yet'], ['To', o.dropoff.address], ['Placed', since(o.placedAt)]]), o.courier && this.#follow(o.courier, this.map.followed === o.courier)]
  }

  #shop({ id, label }) {
    const mine = this.orders.list().filter((o) => o.shop === id && o.state !== 'picked_up')
    return [this.#head(link('/catalogues/' + id, label ?? id)), facts([['Orders here', String(mine.length)], ['All of them', link('/orders?id=' + part(id), 'open orders')]])]
  }

  #head(title) {
    return h('div', { class: 'card-head' }, h('h2', null, title), h('button', { type: 'button', class: 'quiet', 'aria-label': 'Let it go', onclick: () => this.take(null) }, '×'))
  }

  #follow(courier, on) {
    return h('button', { type: 'button', class: on ? 'main' : 'quiet', 'aria-pressed': String(on), onclick: () => {
      this.map.follow(on ? null : courier)
      this.draw()
    } }, on ? 'Following' : 'Follow the courier')
  }
}
