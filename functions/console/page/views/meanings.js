// What each setting means: groups of fields, in the order in which they are shown.
// A field is its path, its label, what it does, and how it is written.

const s = { unit: 's', type: 'number' }
const min = { unit: 'min', type: 'number' }
const percent = { unit: '%', type: 'number' }
const count = { type: 'number' }
const yes = { type: 'boolean' }

const group = (title, ...fields) => ({ title, fields: fields.map(([path, label, help, how]) => ({ path, label, help, ...how })) })

/** dispatch is how a zone's orders get their couriers. */
export const dispatch = [
  group('Rounds',
    ['mode', 'A round is made', 'For the whole zone, couriers and orders are matched together.', { options: { order: 'for each order', zone: 'for the whole zone' } }],
    ['everySeconds', 'Time between rounds', 'From 5 to 60.', s],
    ['candidates', 'Couriers looked at', 'In each round, at the most.', count],
    ['ringsMetres', 'How far to look', 'A round that finds nobody goes one step further.', { unit: 'm', type: 'numbers' }],
    ['rounds', 'Rounds before giving up', 'Then the order waits for an operator.', count],
    ['staleSeconds', 'Oldest position', 'Couriers who were not heard of for longer are left out.', s]),
  group('Offers',
    ['offerSeconds', 'An offer stands for', 'Then the next courier is asked.', s],
    ['broadcast', 'Couriers asked at once', 'At the most. The first to accept has the order.', count],
    ['leadSeconds', 'Asked ahead by', 'How much sooner than needed couriers are asked.', s],
    ['askAgainMinutes', 'Asked again after', 'A courier who refused an order hears of it no sooner.', min]),
  group('Trips',
    ['bundle', 'Orders in one trip', 'At the most.', count],
    ['atShopSeconds', 'Time at a shop', 'To park, walk and take the order over.', s],
    ['atDoorSeconds', 'Time at a door', 'To park, walk and hand the order over.', s],
    ['soonMinutes', 'Busy couriers count on', 'Those who are free within this time.', min]),
  group('What is aimed at',
    ['targetMinutes', 'Door to door', 'From placing an order to its door.', min],
    ['longestMinutes', 'Longest delivery', 'What would take longer is not delivered at all.', min],
    ['stallMinutes', 'Given to another after', 'So long after the expected pickup.', min]),
  group('What costs how much',
    ['courierTimePercent', 'A courier’s minute', 'Beside a minute of an order’s delay.', percent],
    ['latenessPercent', 'A minute past the target', 'On top of the delay itself.', percent],
    ['aheadMinutes', 'Orders expected for', 'Rounds of a zone expect the orders of so long ago to come again.', min],
    ['foresightPercent', 'An expected order’s minute', 'Beside one of an order that is there.', percent]),
]

const dimensions = [['completion', 'completed'], ['on_time', 'on time'], ['acceptance', 'accepted'], ['rating', 'rated']]
const share = { type: 'number', unit: 'of 1' }

/** scores are what couriers' scores are made by. */
export const scores = [
  group('Weights', ...dimensions.map(([d, text]) => [`weights.${d}`, `Orders ${text}`, 'All weights add up to 1.', share])),
  group('Memory',
    ['halfLifeDays', 'Counts half after', 'How fast what happened is forgotten.', { unit: 'days', type: 'number' }],
    ['provisionalBelow', 'Dependable from', 'Below so many observations a score is provisional.', count]),
  group('Consequences',
    ['penaliseBelow', 'Penalised below', 'Only when the score is surely lower.', { unit: 'of 100', type: 'number' }],
    ['rewardAbove', 'Rewarded above', 'Only when the score is surely higher.', { unit: 'of 100', type: 'number' }]),
  group('Newcomers', ...dimensions.flatMap(([d, text]) => [
    [`cold.${d}.mean`, `Share ${text}`, 'What is usual, where too little is known of a zone.', share],
    [`cold.${d}.strength`, `Weighs like, ${text}`, 'As many observations as this.', count],
  ])),
]

const time = ['rfc3339', 'datetime', 'unix', 'unixMillis']
const path = 'A path into the JSON of the provider.'

/** catalogue is how a shop's catalogue is synced. */
export const catalogue = [
  group('When',
    ['active', 'Syncs by itself', 'Otherwise only when somebody asks for it.', yes],
    ['schedule.intervalSeconds', 'Every', 'From the start of a sync to the next.', s],
    ['schedule.from', 'Not before', 'A time of day, as 22:00. Empty for the whole day.'],
    ['schedule.to', 'Not after', 'May be past midnight.'],
    ['schedule.zone', 'Time zone', 'As Europe/Malta. Empty is UTC.']),
  group('How hard',
    ['limits.parallelism', 'Requests at once', 'How many the provider can bear.', count],
    ['limits.timeoutSeconds', 'Patience', 'How long one request may take.', s],
    ['limits.retries', 'Retries', 'After the first attempt; −1 for none.', count],
    ['limits.maxResponseBytes', 'Longest answer', '', { unit: 'bytes', type: 'number' }],
    ['limits.missesAllowed', 'Misses forgiven', 'How many complete syncs may miss an item before it cannot be ordered.', count]),
  group('Provider',
    ['provider.baseUrl', 'Address', 'Of the provider’s API.'],
    ['provider.path', 'Path', 'Of the list of items.'],
    ['provider.auth.header', 'Header', 'That tells who we are.'],
    ['provider.auth.scheme', 'Before the secret', 'As Bearer.'],
    ['provider.auth.secret', 'Name of the secret', 'Never the secret itself.']),
  group('Pages',
    ['paging.style', 'Divided by', '', { options: { offset: 'offset', page: 'page number', cursor: 'cursor', window: 'time' } }],
    ['paging.size', 'Items in a page', '', count],
    ['paging.param', 'Parameter', 'That says which page.'],
    ['paging.sizeParam', 'Parameter of the size', 'Empty where the provider decides.'],
    ['paging.totalPath', 'Where the total is', path]),
  group('Items',
    ['pictures', 'Keeps pictures', 'Fetched from where the items say.', yes],
    ['fields.items', 'List of items', path], ['fields.id', 'Id', path], ['fields.name', 'Name', path], ['fields.description', 'Description', path],
    ['fields.price.path', 'Price', path],
    ['fields.price.format', 'Prices are written', '', { options: { decimalString: '"12.99"', decimalNumber: '12.99', minorUnits: '1299' } }],
    ['fields.price.currency', 'Currency', 'As EUR.'],
    ['fields.stock', 'Stock', path], ['fields.category', 'Category', path], ['fields.image', 'Picture', path],
    ['fields.updated.path', 'Last change', path], ['fields.updated.format', 'Times are written', '', { options: Object.fromEntries(time.map((t) => [t, t])) }]),
]
