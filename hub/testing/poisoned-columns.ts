/** Each column that a shared answer reads of one unit, command, update, rollout, base or image. */
export const POISONED = {
  'a unit’s description': "update units set description = '{' where id = ?",
  'a unit’s description of a later version': `update units set description = '{"title":1}' where id = ?`,
  'a unit’s identity': "update units set identity = 'x' where id = ?",
  'a unit’s presence': "update units set presence_state = 'dreaming' where id = ?",
  'a unit’s presence code': "update units set presence_code = 'no_such_code' where id = ?",
  'a unit’s time': 'update units set presence_since = 9e15 where id = ?',
  'a unit’s address': "update units set host = 'a b' where id = ?",
  'a unit’s link': "update units set link = 'pigeon' where id = ?",
  'a reported value':
    "update properties set value = '{' where unit_key = (select key from units where id = ?)",
  'a reported clock':
    "update properties set clock = 'sundial' where unit_key = (select key from units where id = ?)",
  'a desired value':
    "update desired set value = '[' where unit_key = (select key from units where id = ?)",
  'a command’s input': "update commands set input = '{' where unit_id = ?",
  'a command’s state': "update commands set state = 'lost' where unit_id = ?",
  'a command’s trace': "update commands set trace = '{' where unit_id = ?",
  'an update’s steps': "update unit_updates set steps = '{' where unit_id = ?",
  'an update’s state': "update unit_updates set state = 'odd' where unit_id = ?",
} as const;
