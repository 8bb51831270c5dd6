"""The images of a run: loaded once, kept as bytes on the device, scaled batch by batch."""

from hwlib.data import BatchOrder, load_images


class Dataset:
    """
    train_images: uint8 [N, 1, 32, 32], the images to train on
    dev_images:   uint8 [M, 1, 32, 32], the images to validate on
    """

    def __init__(self, batch_size, data_dir, device="cpu", dataset="mnist", seed=42):
        self.batch_size = batch_size
        self.name = dataset
        self.train_images = load_images(dataset, data_dir, train=True).to(device)  # [N, 1, 32, 32]
        self.dev_images = load_images(dataset, data_dir, train=False).to(device)  # [M, 1, 32, 32]
        self.order = BatchOrder(len(self.train_images), batch_size, seed, device)

    def scale(self, images):
        """uint8 images [B, 1, 32, 32] from 0 to 255 as float32 images in [0, 1]."""
        # TODO START
        # 0 becomes 0.0 and 255 becomes 1.0.
        raise NotImplementedError("dataset.py, TODO 1 (Scaling of the images): not filled in yet")
        # TODO END

    def training_batch(self, step):
        """The batch [B, 1, 32, 32] of training step 1, 2, 3, ...; asked again, it is the same."""
        return self.scale(self.train_images[self.order.indices(step)])

    def dev_batches(self, batch_size=500):
        """All validation images in batches [batch_size, 1, 32, 32], the last one smaller."""
        for images in self.dev_images.split(batch_size):
            yield self.scale(images)
