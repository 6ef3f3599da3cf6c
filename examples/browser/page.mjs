// Shows the units of a site and their readings live. Run by serve.mjs, which knows the token.
import { connectHub } from 'signalbox/client';

const hub = connectHub();
const list = document.querySelector('#units');
const link = document.querySelector('#link');

const [site] = await hub.sites();
const { units, cursor } = await hub.snapshot(site.id);
const shown = new Map();
for (const unit of units) {
  const item = list.appendChild(document.createElement('li'));
  const values = Object.entries(unit.reported).map(([name, { value }]) => [name, value]);
  shown.set(unit.id, { name: unit.name, item, values: new Map(values) });
  show(unit.id);
}

const after = { epoch: cursor.epoch, position: cursor.readings };
for await (const news of hub.readings(site.id, { after })) {
  if (news.type === 'opened') link.textContent = 'live';
  else if (news.type === 'waiting') link.textContent = `no line to the hub: ${news.error.code}`;
  else if (news.type === 'gap') location.reload();
  else if (news.type === 'readings') {
    for (const { property, value } of news.readings) {
      shown.get(news.unitId)?.values.set(property, value);
    }
    show(news.unitId);
  }
}

function show(unitId) {
  const unit = shown.get(unitId);
  if (!unit) return;
  const values = [...unit.values].map(([name, value]) => `${name} ${value}`);
  unit.item.textContent = `${unit.name}: ${values.join(', ')}`;
}
