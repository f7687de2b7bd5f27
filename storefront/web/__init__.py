"""What every page and every endpoint needs: rendering, guards, fragments, cookies."""
