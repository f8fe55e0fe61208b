# Sourced by ./mvnw and ./ampoule: points JAVA_HOME at a JDK 25 or newer, or says how to get one.
# Looks, in this order, at JAVA_HOME, PATH, the distributions' JVM folders and SDKMAN.

ampoule_jdk_major() { # prints the feature release of the JDK at $1, or nothing where there is none
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    "$1/bin/java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'
  fi
}

ampoule_find_jdk() { # prints the first suitable home
  ampoule_on_path=$(command -v javac || true)
  if [ -n "$ampoule_on_path" ]; then
    ampoule_on_path=$(dirname "$(dirname "$(readlink -f "$ampoule_on_path" 2>/dev/null || echo "$ampoule_on_path")")")
  fi
  # A subshell keeps globbing local to it: mvnw runs under `set -f`.
  (
    set +f
    IFS='
'
    for home in "${JAVA_HOME-}" "$ampoule_on_path" /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "${SDKMAN_DIR:-${HOME-}/.sdkman}"/candidates/java/* "${HOME-}"/.jdks/*; do
      [ -n "$home" ] || continue
      major=$(ampoule_jdk_major "$home")
      if [ -n "$major" ] && [ "$major" -ge 25 ]; then
        printf '%s\n' "$home"
        exit 0
      fi
    done
  )
}

ampoule_home=$(ampoule_find_jdk)
if [ -z "$ampoule_home" ]; then
  cat >&2 <<'MISSING'
Ampoule needs a JDK 25 or newer and found none in JAVA_HOME, PATH, /usr/lib/jvm, SDKMAN or ~/.jdks.
  Debian/Ubuntu  apt-get install openjdk-25-jdk   (or temurin-25-jdk from Adoptium)
  macOS          brew install --cask temurin@25
  SDKMAN         sdk install java 25-tem
Then run the command again, or point JAVA_HOME at it.
MISSING
  exit 1
fi
JAVA_HOME=$ampoule_home
export JAVA_HOME
unset ampoule_home ampoule_on_path
