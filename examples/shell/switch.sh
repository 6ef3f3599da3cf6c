#!/bin/sh
# Sets a property of a unit with curl, and prints how the command ended.
#
#   SIGNALBOX_URL=https://hub.example:8443 SIGNALBOX_TOKEN=sbx_... CURL_CA_BUNDLE=ca.pem \
#     ./switch.sh UNIT_ID on true
set -eu
unit=$1 property=$2 input=$3

# The answer comes once the command has ended, or after 10 s with the state of then.
curl --silent --show-error --fail-with-body \
  --header "Authorization: Bearer $SIGNALBOX_TOKEN" \
  --header 'Content-Type: application/json' \
  --header 'Prefer: wait=10' \
  --data "{\"verb\":\"set\",\"affordance\":\"$property\",\"input\":$input}" \
  "$SIGNALBOX_URL/api/units/$unit/commands"
