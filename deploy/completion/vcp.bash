# SPDX-License-Identifier: Apache-2.0
# bash completion for vcp: the program itself knows its verbs and flags.
source <(vcp completion bash)
