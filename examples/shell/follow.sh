#!/bin/sh
# Prints the events of a site as they happen, one JSON object a line, from the first that is kept.
#
#   SIGNALBOX_URL=https://hub.example:8443 SIGNALBOX_TOKEN=sbx_... CURL_CA_BUNDLE=ca.pem \
#     ./follow.sh SITE_ID
set -eu

curl --silent --show-error --fail --no-buffer \
  --header "Authorization: Bearer $SIGNALBOX_TOKEN" \
  --header 'Accept: text/event-stream' \
  "$SIGNALBOX_URL/api/sites/$1/events?after=0" |
  sed -u -n 's/^data: //p'
