#!/bin/sh
# A service's tests against the sandbox, in curl alone. Before it:
#
#   ascwebhooks sandbox                            # paste what it prints into this shell
#   ascwebhooks listen --secret-file secret.txt    # stands for the service
#
# SERVICE_URL is where the service is, SECRET what it verifies signatures with.
set -eu

api() { # PATH CURL-ARGUMENT...: calls App Store Connect and prints the status
  path=$1; shift
  curl -sS -w '\n%{http_code}\n' -H "Authorization: Bearer $token" "$@" "$ASC_BASE_URL$path" | tail -n 1
}
control() { # PATH CURL-ARGUMENT...: calls the control API
  path=$1; shift
  curl -sS "$@" "$ASC_CONTROL_URL$path"
}
values() { # NAME: prints what the JSON on stdin has under that name
  grep -oE "\"($1)\":[^,}]*" | sed 's/^[^:]*://; s/"//g'
}
token=$(ascwebhooks token)

# Register both kinds of webhooks, the second for every event that there is.
api /v1/marketplaceWebhooks --json '{"data":{"type":"marketplaceWebhooks",
  "attributes":{"endpointUrl":"'"$SERVICE_URL"'","secret":"'"$SECRET"'"}}}'
subscriptions=$(control /event-types | values subscription | grep . | sed 's/.*/"&"/' | paste -sd, -)
webhook='{"data":{"type":"webhooks",
  "attributes":{"name":"CI","url":"'"$SERVICE_URL"'","secret":"'"$SECRET"'","enabled":true,"eventTypes":['$subscriptions']},
  "relationships":{"app":{"data":{"type":"apps","id":"'"$ASC_APP_ID"'"}}}}}'
api /v1/webhooks --json "$webhook"

# Send one of each event, and a forgery; each line has what the service responded.
for type in $(control /event-types | values type); do
  echo "$type $(control /notifications --json '{"type":"'"$type"'"}' | values status)"
done
echo "forged $(control /notifications --json '{"type":"AppUnavailable","signature":"forged"}' | values status)"

# Make the next create fail, and see the client, which is curl itself, try again.
control /faults -o /dev/null --json '{"operation":"webhooks_createInstance","status":503}'
api /v1/webhooks --json "$webhook" --retry 1

# What was called, and how much was sent.
control /exchanges | values 'operation|status' | paste -d' ' - -
echo "$(control /notifications | values total) notifications"

# Begin anew.
control /reset -X POST
echo "after the reset: $(control /exchanges | values total) exchanges, $(control /notifications | values total) notifications"
