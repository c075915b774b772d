import { ONBOARD_USAGE } from "../onboard/options.ts";
import { VERSION } from "../version.ts";

/** What `dingbridge --help` prints. */
export const USAGE = `dingbridge ${VERSION}: DingTalk chats, answered by your OpenClaw agent

  dingbridge                     start if a robot is configured, else the demo
  dingbridge onboard             from nothing to a working robot, step by step
  dingbridge doctor              what is wrong, and what to do about it
  dingbridge start               run the worker
  dingbridge demo                a chat page with a simulated DingTalk and an echo gateway
  dingbridge send --to WHOM …    send a message through the running worker
  dingbridge pair …              let people in who have asked the robot for it
  dingbridge config …            what the configuration comes to
  dingbridge service …           a systemd service: install, uninstall, status
  dingbridge status [--json]     how the running worker is
  dingbridge trace ID            what the log says of one message; ID is the field trace of its lines

Options
  --config FILE                  configuration file (default: ~/.openclaw/dingbridge.json, then openclaw.json)
  --gateway URL                  demo: use the real gateway at this address
  --port N                       demo: the chat page's port (default: 18790)
  --no-open                      demo: do not open a browser
  --version, --help

${ONBOARD_USAGE}

send
  --to user:ID | group:ID        whom; as often as you like
  --account ID                   through which robot, where there are several
  --markdown TEXT                what; "-" reads it from standard input, as does leaving all of these out
  --text TEXT                    … as it is, without markup
  --image SRC, --file SRC, --audio SRC, --video SRC
                                 … a path, an https address or a media id; --name NAME shows it under a name
  --message JSON                 … any message of the HTTP API, like {"link": {…}}
  --at USERID, --at-all          in groups: @ these people, or everybody
  --key KEY                      the same key sends it only once
  --wait [SECONDS]               wait until it is sent (default: 60)
  --json                         print what the worker answers

pair
  pair list [--json]             who has asked, and whose role was given that way
  pair approve CODE              let somebody in; --role owner | member | guest (default: member; the first: owner)
  pair role USERID ROLE          change a role that was given
  pair revoke USERID             take it back
  --account ID                   of which robot, where there are several

doctor
  --offline                      nothing that needs the network
  --ask                          ask the agent one real question, which costs a model call
  --json                         one JSON document
  --bundle FILE                  write what a helper needs, without secrets, to a new file

service
  service install                for this user; --print only shows the unit
  service uninstall, service status
  --system                       for the machine, under a user of its own
  --runtime bun | deno | node    default: the one that runs this

config
  config check [--json]          what is in force and where it comes from; who can talk to the robot
  config migrate                 the file in dingbridge's own keys, without secrets, on standard output`;
